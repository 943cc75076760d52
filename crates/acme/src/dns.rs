//! dns-01 (RFC 8555 section 8.4): a TXT record, which a program of the administrator's sets. Every
//! zone has another way to be changed; what they have in common is that a program can do it.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use types::limits::ACME_DNS_PROGRAM_SECS_MAX;

use crate::AcmeError;

/// A program that changes DNS. It is called with `present` or `cleanup`, the full name of the
/// record and its text, and ends with 0 once the name servers answer so.
#[derive(Clone, Debug)]
pub struct DnsProgram(pub PathBuf);

impl DnsProgram {
    pub(crate) async fn present(&self, name: &str, text: &str) -> Result<(), AcmeError> {
        self.run(["present", &record(name), text]).await
    }

    pub(crate) async fn clean_up(&self, name: &str, text: &str) -> Result<(), AcmeError> {
        self.run(["cleanup", &record(name), text]).await
    }

    async fn run(&self, words: [&str; 3]) -> Result<(), AcmeError> {
        let mut command = Command::new(&self.0);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let limit = Duration::from_secs(ACME_DNS_PROGRAM_SECS_MAX);
        let reason = match tokio::time::timeout(limit, command.status()).await {
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(Ok(status)) => ended(status),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("not done in {ACME_DNS_PROGRAM_SECS_MAX} s"),
        };
        Err(AcmeError::Program { program: self.0.clone(), reason })
    }
}

fn ended(status: ExitStatus) -> String {
    format!("it ended with {status}")
}

fn record(name: &str) -> String {
    format!("_acme-challenge.{name}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn program(folder: &Path, text: &str) -> DnsProgram {
        let path = folder.join("program");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        DnsProgram(path)
    }

    #[tokio::test]
    async fn a_program_gets_record_and_text() {
        let folder = tempfile::tempdir().unwrap();
        let said = folder.path().join("said");
        let program = program(folder.path(), &format!("echo \"$*\" >>'{}'", said.display()));
        program.present("mail.example.test", "digest").await.unwrap();
        program.clean_up("mail.example.test", "digest").await.unwrap();
        let expected = "present _acme-challenge.mail.example.test digest\n\
                        cleanup _acme-challenge.mail.example.test digest\n";
        assert_eq!(fs::read_to_string(said).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_program_that_fails_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let failed = program(folder.path(), "exit 3").present("a.test", "t").await.unwrap_err();
        assert!(failed.to_string().ends_with("it ended with exit status: 3"), "{failed}");
        let missing = DnsProgram(folder.path().join("missing"));
        assert!(missing.present("a.test", "t").await.is_err());
    }

    #[tokio::test]
    async fn a_program_has_acme_dns_program_secs_max() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path(), "exec sleep 100000");
        // Time stands still until nothing but a timer is left: the limit's.
        tokio::time::pause();
        let begun = tokio::time::Instant::now();
        let late = program.present("a.test", "t").await.unwrap_err();
        assert!(late.to_string().contains("not done in"), "{late}");
        assert_eq!(begun.elapsed().as_secs(), ACME_DNS_PROGRAM_SECS_MAX);
    }
}
