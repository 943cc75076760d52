//! What a check found, and how it is told.

use std::fmt::{self, Write as _};

use serde::Serialize;
use types::limits::CHECK_TEXT_OCTETS_MAX;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody will be in trouble sooner or later.
    Warning,
    /// Mail is lost or refused, or people are.
    Failed,
    /// Nobody looked.
    NotChecked,
}

/// One thing that was looked at. Texts from elsewhere are in it without controls, and cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `MX contoso.com`.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub(super) fn ok(subject: impl Into<String>, found: impl AsRef<str>) -> Self {
        Finding::new(subject, Verdict::Ok, found.as_ref(), None)
    }

    /// It works, but.
    pub(super) fn warning(
        subject: impl Into<String>,
        found: impl AsRef<str>,
        advice: impl Into<String>,
    ) -> Self {
        Finding::new(subject, Verdict::Warning, found.as_ref(), Some(advice.into()))
    }

    /// It does not work.
    pub(super) fn failed(
        subject: impl Into<String>,
        found: impl AsRef<str>,
        advice: impl Into<String>,
    ) -> Self {
        Finding::new(subject, Verdict::Failed, found.as_ref(), Some(advice.into()))
    }

    /// Nobody looked, and how somebody would.
    pub(super) fn not_checked(
        subject: impl Into<String>,
        why: impl AsRef<str>,
        advice: impl Into<String>,
    ) -> Self {
        Finding::new(subject, Verdict::NotChecked, why.as_ref(), Some(advice.into()))
    }

    fn new(
        subject: impl Into<String>,
        verdict: Verdict,
        found: &str,
        advice: Option<String>,
    ) -> Self {
        Finding { subject: subject.into(), verdict, found: shown(found), advice }
    }
}

/// What others wrote, in one harmless line.
fn shown(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.len() > CHECK_TEXT_OCTETS_MAX {
        true => format!("{} ...", &line[..line.floor_char_boundary(CHECK_TEXT_OCTETS_MAX)]),
        false => line,
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
            Verdict::NotChecked => "not checked",
        })
    }
}

/// Whether nothing failed.
pub fn is_good(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| finding.verdict == Verdict::Failed)
}

/// All findings, a line each, and a count.
pub fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { subject, verdict, found, advice } in findings {
        let _ = write!(text, "{subject:width$}  {verdict:11}  {found}");
        let advice = advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
        let _ = writeln!(text, "{advice}");
    }
    let verdicts = [Verdict::Ok, Verdict::Warning, Verdict::Failed, Verdict::NotChecked];
    let counts = verdicts.map(|verdict| {
        let count = findings.iter().filter(|finding| finding.verdict == verdict).count();
        format!("{count} {verdict}")
    });
    text + &counts.join(", ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_line_each_and_a_count() {
        let findings = [
            Finding::ok("MX contoso.com", "10 mail.contoso.com"),
            Finding::failed("SPF contoso.com", "no record", "add it"),
            Finding::not_checked("clock", "nobody was asked", "--time-server HOST"),
            Finding::warning("certificate mail.contoso.com", "a\nb\u{1b}[31m", "renew it"),
        ];
        expect![[r#"
            MX contoso.com                ok           10 mail.contoso.com
            SPF contoso.com               failed       no record; add it
            clock                         not checked  nobody was asked; --time-server HOST
            certificate mail.contoso.com  warning      a b [31m; renew it
            1 ok, 1 warning, 1 failed, 1 not checked
        "#]]
        .assert_eq(&text(&findings));
        assert!(!is_good(&findings) && is_good(&findings[2..]));
    }

    #[test]
    fn long_texts_of_others_are_cut_between_letters() {
        let exact = "x".repeat(CHECK_TEXT_OCTETS_MAX);
        assert_eq!(Finding::ok("TXT", &exact).found, exact);
        let longer = format!("{}é", &exact[1..]);
        assert_eq!(Finding::ok("TXT", longer).found, format!("{} ...", &exact[1..]));
    }
}
