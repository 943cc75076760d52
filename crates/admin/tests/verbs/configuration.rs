//! The configuration as one document.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::Value;

use crate::shell::Shell;

async fn document(shell: &Shell) -> String {
    shell.shown("Export-Configuration", "Document").await.as_str().unwrap().to_owned()
}

/// What an import tells, as `action object property: before>after`.
async fn import(shell: &Shell, document: &str, more: &[&str]) -> Result<Vec<String>, String> {
    let words = ["Import-Configuration", document, "-Json"].into_iter().chain(more.iter().copied());
    let shown = shell.run_words(words).await?;
    let end = shown.rfind(']').map_or(0, |at| at + 1);
    let begin = shown.find('[').unwrap_or_default();
    let rows: Vec<Value> = serde_json::from_str(&shown[begin..end]).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let told = |row: &Value| {
        let [action, object, property, before, after] =
            ["Action", "Object", "Property", "Before", "After"].map(|name| text(row, name));
        format!("{action} {object} {property}: {before}>{after}")
    };
    Ok(rows.iter().map(told).collect())
}

const DOCUMENT: &str = "[[AcceptedDomain]]\nDomainName = \"example.test\"\nDefault = true\n\
    [[AcceptedDomain]]\nDomainName = \"branch.test\"\nDomainType = \"InternalRelay\"\n\
    [ImapSettings]\nEnabled = true\n\
    [[SendConnector]]\nName = \"Out\"\nAddressSpaces = [\"*\"]\nSmartHosts = [\"relay.test\"]\n\
    DNSRoutingEnabled = false\n";

#[tokio::test]
async fn a_document_is_applied_once() {
    let shell = Shell::new().await;
    let told = import(&shell, DOCUMENT, &[]).await.unwrap();
    for expected in [
        "Set ImapSettings Enabled: false>true",
        "New SendConnector Out SmartHosts: >relay.test",
        "New AcceptedDomain branch.test DomainType: >InternalRelay",
    ] {
        assert!(told.iter().any(|line| line == expected), "{told:?}");
    }
    assert!(!told.iter().any(|line| line.contains("example.test")), "{told:?}");
    assert_eq!(import(&shell, DOCUMENT, &[]).await, Ok(vec![]));
    assert_eq!(shell.shown("Get-SendConnector", "SmartHosts").await[0], "relay.test");
    assert_eq!(shell.shown("Get-AcceptedDomain branch.test", "DomainType").await, "InternalRelay");
    let exported = document(&shell).await;
    assert_eq!(import(&shell, &exported, &["-Prune"]).await, Ok(vec![]));
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let shell = Shell::new().await;
    let before = document(&shell).await;
    let told = import(&shell, DOCUMENT, &["-WhatIf"]).await.unwrap();
    assert!(told.len() > 3, "{told:?}");
    assert_eq!(document(&shell).await, before);
}

#[tokio::test]
async fn pruning_forgets_the_rest() {
    let shell = Shell::new().await;
    import(&shell, DOCUMENT, &[]).await.unwrap();
    let rest = "[[AcceptedDomain]]\nDomainName = \"example.test\"\nDefault = true\n";
    assert_eq!(import(&shell, rest, &[]).await, Ok(vec![]));
    let told = import(&shell, rest, &["-Prune"]).await.unwrap();
    for object in ["ImapSettings", "SendConnector Out", "AcceptedDomain branch.test"] {
        let removal = format!("Remove {object} : >");
        assert!(told.contains(&removal), "{told:?}");
    }
    assert_eq!(
        document(&shell).await,
        rest.replace("Default", "DomainType = \"Authoritative\"\nDefault")
    );
}

#[tokio::test]
async fn all_objects_change_or_none() {
    let shell = Shell::new().await;
    let before = document(&shell).await;
    let good =
        "[[SendConnector]]\nName = \"Out\"\nAddressSpaces = [\"*\"]\nDNSRoutingEnabled = true\n";
    for (bad, expected) in [
        ("[[SendConnector]]\nName = \"Empty\"\n", "AddressSpaces is empty"),
        ("[[AcceptedDomain]]\nDomainName = \"a.test\"\nDomainType = \"Mine\"\n", "Authoritative"),
        ("[[AcceptedDomain]]\nDomainName = \"a.test\"\nCatchAll = \"nobody\"\n", "nobody"),
        ("[[AcceptedDomain]]\nDomainName = \"a..test\"\n", "no name of a domain"),
        ("[Gizmo]\n", "Gizmo"),
        ("Gizmo", "Document: expected"),
    ] {
        let refused = import(&shell, &format!("{good}{bad}"), &[]).await.unwrap_err();
        assert!(refused.contains(expected), "{bad}: {refused}");
        assert_eq!(document(&shell).await, before, "{bad}");
    }
}

#[tokio::test]
async fn only_the_organizations_administrators_import() {
    let mut shell = Shell::new().await;
    let groups = vec![RoleGroup::ServerManagement];
    shell.caller = Caller::User { id: RecipientId([1; 16]), name: "sam".to_owned(), groups };
    assert!(shell.run("Export-Configuration").await.is_ok());
    let refused = import(&shell, DOCUMENT, &[]).await.unwrap_err();
    assert!(refused.contains("Organization Configuration"), "{refused}");
}
