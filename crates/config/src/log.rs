//! The program's own log: lines on standard error. The logs of transport are in
//! [`TransportService`](crate::TransportService).

use std::collections::BTreeMap;

use crate::kind::words;
use crate::section::section;
use crate::settings::Invalid;

words! {
    /// What a line looks like.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum LogFormat {
        /// For people.
        #[serde(rename = "text")]
        Text,
        /// An object of JSON, for programs.
        #[serde(rename = "json")]
        Json,
    }
}

words! {
    /// What is worth a line; each includes those before it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum LogLevel {
        /// Nothing.
        #[serde(rename = "off")]
        Off,
        /// What somebody has to mend.
        #[serde(rename = "error")]
        Error,
        /// What somebody should look at.
        #[serde(rename = "warn")]
        Warn,
        /// What happens: logins, messages, changes.
        #[serde(rename = "info")]
        Info,
        /// Why a connection ended, and the like.
        #[serde(rename = "debug")]
        Debug,
        /// Everything.
        #[serde(rename = "trace")]
        Trace,
    }
}

section! {
    /// The program's own log, on standard error: one line an event. The environment variables
    /// RIALTO_LOG (such as info,smtp=debug) and RIALTO_LOG_FORMAT stand above this.
    pub struct Log {
        /// "text", or "json": one object a line.
        format: LogFormat = LogFormat::Text,
        /// "off", "error", "warn", "info", "debug" or "trace".
        level: LogLevel = LogLevel::Info,
        /// Other levels for parts of the program: smtp = "debug", message_tracking = "off".
        targets: BTreeMap<String, LogLevel> = BTreeMap::new(),
    }
}

impl Log {
    /// Whether every target can be one: a path of modules.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        let of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        let is_path = |target: &&String| !target.is_empty() && target.chars().all(of_path);
        match self.targets.keys().find(|target| !is_path(target)) {
            Some(target) => Err(Invalid::LogTarget(target.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn log(text: &str) -> Result<Log, String> {
        let log: Log = toml::from_str(text).map_err(|error| error.to_string())?;
        log.validate().map_err(|error| error.to_string())?;
        Ok(log)
    }

    #[test]
    fn levels_have_their_words_and_targets_are_paths() {
        let read =
            log("format = \"json\"\nlevel = \"warn\"\ntargets = { \"smtp::service\" = \"trace\" }");
        let Log { format, level, targets } = read.unwrap();
        assert_eq!((format, level), (LogFormat::Json, LogLevel::Warn));
        assert_eq!(targets.get("smtp::service"), Some(&LogLevel::Trace));
        for (text, expected) in [
            ("level = \"loud\"", "unknown variant"),
            ("format = \"xml\"", "unknown variant"),
            ("targets = { \"smtp=debug,imap\" = \"warn\" }", "no part of the program"),
            ("targets = { \"\" = \"warn\" }", "no part of the program"),
        ] {
            assert!(log(text).unwrap_err().contains(expected), "{text}");
        }
    }
}
