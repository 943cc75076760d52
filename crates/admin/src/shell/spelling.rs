//! From the spelling of Exchange's shell to that of a Unix shell.

use clap::error::ErrorKind;

use crate::verb::{Verb, words};
use crate::verbs;

/// The verb that the first word names, and all words in Unix spelling. Errors: no such verb.
pub(super) fn resolve(words: Vec<String>) -> Result<(&'static Verb, Vec<String>), clap::Error> {
    let name = words.first().map(String::as_str).unwrap_or_default();
    let verb = verbs::find(name)
        .map_err(|error| clap::Error::raw(ErrorKind::InvalidSubcommand, format!("{error}\n\nFor all verbs, try 'rialto get-command'; for the rest, 'rialto --help'.\n")))?;
    let mut all = vec![verb.name.command()];
    for word in words.iter().skip(1).map(|word| unix(word)) {
        match all.last_mut().filter(|option| is_pem(&word) && is_bare(option)) {
            Some(option) => *option = format!("{option}={word}"),
            None => all.push(word),
        }
    }
    Ok((verb, all))
}

/// PEM (RFC 7468) begins with dashes and is no option.
fn is_pem(word: &str) -> bool {
    word.starts_with("-----BEGIN ")
}

/// An option whose value is the next word.
fn is_bare(option: &str) -> bool {
    option.starts_with("--") && !option.contains('=')
}

/// `-PrimarySmtpAddress` becomes `--primary-smtp-address`, `-Shared:$true` becomes
/// `--shared=$true`; everything else stays. A single letter is an option of a Unix shell.
fn unix(word: &str) -> String {
    let Some(rest) = word.strip_prefix('-') else { return word.to_owned() };
    let (name, value) = match rest.split_once([':', '=']) {
        Some((name, value)) => (name, Some(value)),
        None => (rest, None),
    };
    let letters = name.len() > 1 && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    if !letters || !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return word.to_owned();
    }
    let option = format!("--{}", words(name).join("-"));
    value.map_or(option.clone(), |value| format!("{option}={value}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_spellings_mean_the_same() {
        for (written, expected) in [
            ("-Name", "--name"),
            ("-PrimarySmtpAddress", "--primary-smtp-address"),
            ("-Shared:$true", "--shared=$true"),
            ("-RemoteIPRanges", "--remote-ip-ranges"),
            ("--name", "--name"),
            ("-5", "-5"),
            ("-h", "-h"),
            ("-", "-"),
            ("alice@example.test", "alice@example.test"),
        ] {
            assert_eq!(unix(written), expected);
        }
    }

    #[test]
    fn a_certificate_is_no_option() {
        let pem = "-----BEGIN CERTIFICATE-----\nAA==";
        let words = ["Import-ExchangeCertificate", "-FileData", pem, "-WhatIf"];
        let (_, resolved) = resolve(words.map(str::to_owned).into()).unwrap();
        let expected = format!("--file-data={pem}");
        assert_eq!(resolved[1..], [expected, "--what-if".to_owned()]);
    }

    #[test]
    fn a_wrong_verb_is_told_the_nearest() {
        let told = resolve(vec!["new-mialbox".to_owned()]).map(drop).map_err(|e| e.to_string());
        assert!(told.is_err_and(|text| text.contains("did you mean New-Mailbox?")));
    }
}
