//! Three short steps for what the command line left out.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use config::AcmeChallenge;
use types::Domain;

use super::dialogue::Dialogue;
use super::{ADMINISTRATOR, Setup, SetupArgumentError, administrator, password, server_of};
use crate::commands::name;

/// Asks, and puts the answers where the command line's words are.
pub(super) fn ask(
    setup: &mut Setup,
    dialogue: &mut Dialogue<'_>,
) -> Result<(), SetupArgumentError> {
    let domain = names(setup, dialogue)?;
    certificate(setup, dialogue)?;
    first_mailbox(setup, dialogue, &domain)
}

fn names(setup: &mut Setup, dialogue: &mut Dialogue<'_>) -> Result<Domain, SetupArgumentError> {
    if setup.domain.is_none() || setup.name.is_none() {
        dialogue.step("1 of 3: name and domain")?;
    }
    let domain = match setup.domain.take() {
        Some(domain) => domain,
        None => dialogue.ask("Domain whose mail the server takes", "", name)?,
    };
    if setup.name.is_none() {
        let usual = server_of(&domain).map(|name| name.to_string()).unwrap_or_default();
        setup.name = Some(dialogue.ask("Full name of the server", &usual, name)?);
    }
    setup.domain = Some(domain.clone());
    Ok(domain)
}

fn certificate(setup: &mut Setup, dialogue: &mut Dialogue<'_>) -> Result<(), SetupArgumentError> {
    if setup.certificate_file.is_some() || setup.acme.is_some() {
        return Ok(());
    }
    dialogue.step("2 of 3: certificate")?;
    let question = "File with its chain (PEM); acme: Let's Encrypt; nothing: self-signed";
    match dialogue.ask(question, "", file)? {
        None => {}
        Some(answer) if answer == Path::new(ACME) => by_acme(setup, dialogue)?,
        Some(chain) => {
            let key = dialogue.ask("File with its private key (PEM)", "", some_file)?;
            (setup.certificate_file, setup.key_file) = (Some(chain), Some(key));
        }
    }
    Ok(())
}

/// The answer of who wants one by ACME.
const ACME: &str = "acme";

/// Who does not agree gets a self-signed one.
fn by_acme(setup: &mut Setup, dialogue: &mut Dialogue<'_>) -> Result<(), SetupArgumentError> {
    setup.agree_to_terms = dialogue.ask("You agree to its terms of service", "no", yes)?;
    setup.acme = setup.agree_to_terms.then_some(AcmeChallenge::Http01);
    Ok(())
}

fn yes(answer: &str) -> Result<bool, &'static str> {
    match answer {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no"),
    }
}

fn first_mailbox(
    setup: &mut Setup,
    dialogue: &mut Dialogue<'_>,
    domain: &Domain,
) -> Result<(), SetupArgumentError> {
    if setup.administrator.is_some() && setup.password_file.is_some() {
        return Ok(());
    }
    dialogue.step("3 of 3: first mailbox, whose owner is the administrator")?;
    if setup.administrator.is_none() {
        let read = |name: &str| administrator(Some(name), domain);
        let address = dialogue.ask("Name", ADMINISTRATOR, read)?;
        setup.administrator = Some(address.to_string());
    }
    if setup.password_file.is_none() {
        setup.password = Some(dialogue.new_secret("Password", password::parse)?);
    }
    Ok(())
}

fn file(answer: &str) -> Result<Option<PathBuf>, Infallible> {
    Ok((!answer.is_empty()).then(|| PathBuf::from(answer)))
}

fn some_file(answer: &str) -> Result<PathBuf, &'static str> {
    match answer {
        "" => Err("a certificate has a key"),
        answer => Ok(PathBuf::from(answer)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::VecDeque;
    use std::io;

    use clap::Parser;

    use super::super::dialogue::Person;
    use super::*;

    /// Answers in order, and what was said so far.
    struct Script {
        answers: VecDeque<&'static str>,
        said: String,
    }

    impl Person for Script {
        fn answer(&mut self, question: &str) -> io::Result<Option<String>> {
            self.said.push_str(question);
            let answer = self.answers.pop_front();
            self.said.push_str(answer.unwrap_or("(gone)"));
            self.said.push('\n');
            Ok(answer.map(str::to_owned))
        }

        fn secret(&mut self, question: &str) -> io::Result<Option<String>> {
            self.said.push_str(question);
            self.said.push('\n');
            Ok(self.answers.pop_front().map(str::to_owned))
        }

        fn tell(&mut self, text: &str) -> io::Result<()> {
            self.said.push_str(text);
            self.said.push('\n');
            Ok(())
        }
    }

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        setup: Setup,
    }

    /// What a command line and answers to it make, and what the person has seen.
    fn talk(
        words: &[&str],
        answers: &[&'static str],
    ) -> (Setup, String, Result<(), SetupArgumentError>) {
        let words = ["setup"].iter().chain(words);
        let mut setup = Line::try_parse_from(words).unwrap().setup;
        let mut script = Script { answers: answers.iter().copied().collect(), said: String::new() };
        let result = ask(&mut setup, &mut Dialogue::new(&mut script));
        (setup, script.said, result)
    }

    #[test]
    fn three_steps_for_who_says_nothing() {
        let answers = ["a b", "contoso.com", "", "", "", "secret", "other", "secret", "secret"];
        let (setup, said, result) = talk(&[], &answers);
        assert!(result.is_ok(), "{said}");
        let expected = "
1 of 3: name and domain
  Domain whose mail the server takes: a b
bad domain
  Domain whose mail the server takes: contoso.com
  Full name of the server [mail.contoso.com]: 

2 of 3: certificate
  File with its chain (PEM); acme: Let's Encrypt; nothing: self-signed: 

3 of 3: first mailbox, whose owner is the administrator
  Name [administrator]: 
  Password: 
  Password again: 
the two are not the same
  Password: 
  Password again: 
";
        assert_eq!(said, expected);
        let plan = setup.plan().unwrap();
        assert_eq!(plan.administrator.to_string(), "administrator@contoso.com");
        assert_eq!(plan.server_name.to_string(), "mail.contoso.com");
    }

    #[test]
    fn what_is_said_is_not_asked() {
        let words = ["contoso.com", "--name", "mx.contoso.com", "--administrator", "ann"];
        let (setup, said, result) = talk(&words, &["chain.pem", "", "key.pem", "pw", "pw"]);
        assert!(result.is_ok(), "{said}");
        assert!(!said.contains("1 of 3") && !said.contains("Name"), "{said}");
        assert!(said.contains("a certificate has a key"), "{said}");
        assert_eq!(setup.key_file, Some(PathBuf::from("key.pem")));
    }

    #[test]
    fn who_agrees_to_the_terms_gets_a_certificate_by_acme() {
        for (agrees, acme) in [("yes", Some(AcmeChallenge::Http01)), ("", None)] {
            let words = ["contoso.com", "--name", "mx.contoso.com", "--administrator", "ann"];
            let (setup, said, result) = talk(&words, &["acme", agrees, "pw", "pw"]);
            assert!(result.is_ok(), "{said}");
            assert_eq!(setup.acme, acme, "{said}");
            assert!(setup.certificate_file.is_none());
        }
    }

    #[test]
    fn who_goes_away_gets_nothing() {
        let (_, _, result) = talk(&["contoso.com"], &[""]);
        assert!(matches!(result, Err(SetupArgumentError::NoAnswer)));
    }
}
