//! New-, Get-, Import-, Enable- and Remove-ExchangeCertificate.

use std::sync::Arc;

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use config::Settings;
use net::CertificateStore;
use net::tls::self_signed;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shell::Shell;

/// With the certificate that the server makes for itself, `a.test`.
async fn site() -> (Shell, TempDir) {
    let (mut shell, data) = (Shell::new().await, tempfile::tempdir().unwrap());
    let settings = Settings {
        server_name: "mail1.example.test".to_owned(),
        data_directory: data.path().to_owned(),
        ..Settings::default()
    };
    let directory = settings.certificate_directory();
    CertificateStore::open_or_generate(&directory, &["a.test".to_owned()], None).unwrap();
    shell.organization.settings = Arc::new(settings);
    (shell, data)
}

async fn shown(shell: &Shell) -> Vec<Value> {
    let shown = shell.objects("Get-ExchangeCertificate").await;
    let line = |each: &Value| {
        json!([each["CertificateDomains"], each["Status"], each["Origin"], each["IsPreferred"]])
    };
    shown.as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn a_certificate_comes_is_preferred_and_goes() {
    let (shell, _data) = site().await;
    // The organization's clock stands in 2023, before any of these was made.
    let generated = json!([["a.test"], "DateInvalid", "Generated", false]);
    assert_eq!(shown(&shell).await, std::slice::from_ref(&generated));
    shell.run("New-ExchangeCertificate -DomainName b.test -DomainName c.test").await.unwrap();
    let own = json!([["b.test", "c.test"], "DateInvalid", "Own", false]);
    assert_eq!(shown(&shell).await, [own, generated.clone()]);
    let thumbprint = shell.shown("Get-ExchangeCertificate", "Thumbprint").await;
    let thumbprint = thumbprint.as_str().unwrap();
    let enable = format!("Enable-ExchangeCertificate {thumbprint} -Services SMTP,IMAP");
    assert_eq!(shell.run(&enable).await.unwrap(), "");
    let told = shell.run(&format!("{enable} -Services IIS")).await.unwrap();
    assert!(told.contains("IIS is not built"), "{told}");
    let one = format!("Get-ExchangeCertificate {}", thumbprint.to_lowercase());
    assert_eq!(shell.shown(&one, "IsPreferred").await, true);
    assert_eq!(shell.shown(&one, "IsSelfSigned").await, true);
    shell.run(&format!("Remove-ExchangeCertificate {thumbprint} -Confirm:$false")).await.unwrap();
    assert_eq!(shown(&shell).await, [generated]);
}

#[tokio::test]
async fn a_request_is_shown_until_it_is_removed_and_a_key_is_never_told() {
    let (shell, _data) = site().await;
    shell.run("New-ExchangeCertificate -GenerateRequest").await.unwrap();
    let request = shell.objects("Get-ExchangeCertificate").await[1].clone();
    assert_eq!((&request["Status"], &request["Subject"]), (&json!("PendingRequest"), &json!(null)));
    let pem = request["Request"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{pem}");
    let thumbprint = request["Thumbprint"].as_str().unwrap();
    shell.run(&format!("Remove-ExchangeCertificate {thumbprint} -Confirm:$false")).await.unwrap();
    assert_eq!(shown(&shell).await.len(), 1);
    let issued = self_signed(&["d.test".to_owned()]).unwrap();
    let pem = issued.chain_pem + &issued.key_pem;
    let words = ["Import-ExchangeCertificate", "-FileData", &pem];
    let told = shell.run_words(words).await.unwrap();
    assert!(told.contains("d.test") && !told.contains("KEY"), "{told}");
    let log = shell.objects("Search-AdminAuditLog -Cmdlets Import-ExchangeCertificate").await;
    assert!(!log.to_string().contains("BEGIN"), "{log}");
}

#[tokio::test]
async fn what_is_no_certificate_or_not_allowed_is_refused() {
    let (mut shell, _data) = site().await;
    let only = shell.shown("Get-ExchangeCertificate", "Thumbprint").await;
    let only = format!("Remove-ExchangeCertificate {} -Confirm:$false", only.as_str().unwrap());
    for (line, expected) in [
        ("Get-ExchangeCertificate 00", "certificate \"00\" could not be found"),
        ("Enable-ExchangeCertificate 00", "certificate \"00\" could not be found"),
        ("Enable-ExchangeCertificate 00 -Services FTP", "[possible values: IMAP"),
        ("Import-ExchangeCertificate -FileData rubbish", "there is no certificate in it"),
        ("New-ExchangeCertificate -DomainName no:name", "DomainName: expected a domain"),
        (&only, "it is the only certificate"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let told = shell.run("New-ExchangeCertificate -WhatIf").await.unwrap();
    assert_eq!(told, "What if: Creating a certificate of mail1.example.test.\n");
    assert_eq!(shown(&shell).await.len(), 1);
    let groups = vec![RoleGroup::RecipientManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "somebody".to_owned(), groups };
    let refused = shell.run("New-ExchangeCertificate").await.unwrap_err();
    assert_eq!(refused, "the role Exchange Server Certificates is needed");
}
