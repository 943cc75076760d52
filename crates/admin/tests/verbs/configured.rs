//! Connectors and service settings.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;

use crate::shell::Shell;

const PRINTERS: &str = "New-ReceiveConnector Printers -Bindings 127.0.0.1:2525 \
    -RemoteIPRanges 192.0.2.0/24,198.51.100.7 -PermissionGroups AnonymousUsers";

/// The lines of `-List`, by property.
async fn listed(shell: &Shell, line: &str, property: &str) -> String {
    let shown = shell.run(line).await.unwrap();
    let mut lines = shown.lines().filter_map(|line| line.split_once(" : "));
    let found = lines.find(|(name, _)| name.trim() == property);
    found.expect(property).1.to_owned()
}

#[tokio::test]
async fn a_connector_from_making_to_removing() {
    let shell = Shell::new().await;
    let made = shell.run(PRINTERS).await.unwrap();
    assert!(made.contains("MAIL1\\Printers"), "{made}");
    let of = "Get-ReceiveConnector MAIL1\\printers -List";
    assert_eq!(listed(&shell, of, "RemoteIPRanges").await, "192.0.2.0-192.0.2.255, 198.51.100.7");
    assert_eq!(listed(&shell, of, "MaxMessageSize").await, "36 MB (37,748,736 bytes)");
    shell
        .run(
            "Set-ReceiveConnector Printers -MaxMessageSize 10MB -RequireTLS $true \
             -MaxInboundConnection unlimited -Fqdn relay.example.test \
             -RemoteIPRanges @{Add=\"203.0.113.1\";Remove=\"192.0.2.0/24\"}",
        )
        .await
        .unwrap();
    assert_eq!(listed(&shell, of, "RemoteIPRanges").await, "198.51.100.7, 203.0.113.1");
    assert_eq!(listed(&shell, of, "MaxMessageSize").await, "10 MB (10,485,760 bytes)");
    assert_eq!(listed(&shell, of, "RequireTLS").await, "True");
    assert_eq!(listed(&shell, of, "MaxInboundConnection").await, "Unlimited");
    assert_eq!(listed(&shell, of, "Fqdn").await, "relay.example.test");
    shell.run("Set-ReceiveConnector Printers -Fqdn $null").await.unwrap();
    assert_eq!(listed(&shell, of, "Fqdn").await, "");
    shell.run("remove-receive-connector printers --confirm=false").await.unwrap();
    let gone = shell.run(of).await.unwrap_err();
    assert_eq!(gone, "ReceiveConnector \"MAIL1\\\\printers\" could not be found");
}

#[tokio::test]
async fn what_contradicts_itself_is_refused() {
    let shell = Shell::new().await;
    shell.run(PRINTERS).await.unwrap();
    for (line, expected) in [
        (PRINTERS, "there is a ReceiveConnector Printers already"),
        ("New-ReceiveConnector -Bindings 127.0.0.1:2526", "Name is missing"),
        ("New-ReceiveConnector Two", "Bindings is empty"),
        ("Set-ReceiveConnector Printers -MaxMessageSize 1KB", "MaxMessageSize"),
        ("Set-ReceiveConnector Printers -MaxMessageSize big", "MaxMessageSize: expected"),
        ("Set-ReceiveConnector Printers -RequireTLS maybe", "RequireTLS: expected"),
        ("Set-ReceiveConnector Printers -AuthMechanism Magic", "possible values: None, Tls"),
        ("Set-ReceiveConnector Printers -RemotIPRanges ::1", "'--remote-ip-ranges'"),
        ("Set-ReceiveConnector Nobody -Enabled $false", "could not be found"),
        ("New-SendConnector Out -AddressSpaces x..y", "AddressSpaces: expected"),
        ("New-SendConnector Out -AddressSpaces * -ForceHELO $true -RequireTLS $true", "ForceHELO"),
        ("Set-TransportService -QueueGlitchRetryCount 16", "QueueGlitchRetryCount"),
        ("Set-ImapSettings -LoginType Open", "possible values: PlainTextLogin"),
        ("Set-MailboxDatabase -IssueWarningQuota 9GB", "mailbox_database"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let own = ["Remove-ReceiveConnector", "Default Frontend LOCALHOST", "-Confirm:$false"];
    let refused = shell.run_words(own).await.unwrap_err();
    assert!(refused.contains("disable it with Set-ReceiveConnector"), "{refused}");
    let connectors = shell.organization.settings_now().unwrap().receive_connector;
    assert_eq!(connectors.len(), 1);
    assert!(!connectors[0].require_tls);
}

#[tokio::test]
async fn settings_of_services_count_at_the_next_start() {
    let shell = Shell::new().await;
    let told = shell
        .run("Set-ImapSettings MAIL1 -LoginType PlainTextLogin -MaxConnections 7")
        .await
        .unwrap();
    assert!(told.contains("when the server is started again"), "{told}");
    let of = "Get-ImapSettings -List";
    assert_eq!(listed(&shell, of, "LoginType").await, "PlainTextLogin");
    assert_eq!(listed(&shell, of, "MaxConnections").await, "7");
    assert_eq!(listed(&shell, "Get-PopSettings -List", "LoginType").await, "SecureLogin");
    shell.run("Set-MailboxDatabase -DeletedItemRetention 30.00:00:00").await.unwrap();
    shell.run("Set-TransportService -MessageTrackingLogMaxAge 10.00:00:00").await.unwrap();
    let now = shell.organization.settings_now().unwrap();
    assert_eq!(now.imap4.max_connections, 7);
    assert_eq!(now.mailbox_database.deleted_item_retention.to_string(), "30.00:00:00");
    assert_eq!(now.transport_service.message_tracking_log_max_age.to_string(), "10.00:00:00");
}

#[tokio::test]
async fn nothing_happens_without_the_role_or_when_only_asked() {
    let mut shell = Shell::new().await;
    let asked = shell.run(&format!("{PRINTERS} -WhatIf")).await.unwrap();
    assert!(asked.contains("Creating ReceiveConnector Printers"), "{asked}");
    let recipient = RecipientId([1; 16]);
    shell.caller = Caller::User {
        id: recipient,
        name: "help@example.test".to_owned(),
        groups: vec![RoleGroup::RecipientManagement],
    };
    let refused = shell.run(PRINTERS).await.unwrap_err();
    assert_eq!(refused, "the role Receive Connectors is needed");
    assert_eq!(shell.organization.directory.snapshot().objects().len(), 0);
}

#[tokio::test]
async fn a_file_that_contradicts_an_object_is_mended_by_verbs() {
    let mut shell = Shell::new().await;
    shell.run(PRINTERS).await.unwrap();
    let mut file = shell.organization.settings_now().unwrap();
    file.receive_connector[0].name = "Scanners".to_owned();
    shell.organization.settings = std::sync::Arc::new(file);
    let snapshot = shell.organization.directory.snapshot();
    let start = admin::organization::effective(&shell.organization.settings, &snapshot);
    assert!(start.is_err(), "two connectors for the same connections");
    let refused = shell.run("Set-ReceiveConnector Printers -MaxHopCount 20").await.unwrap_err();
    assert!(refused.contains("Printers") && refused.contains("Scanners"), "{refused}");
    shell.run("Set-ReceiveConnector Printers -Bindings 127.0.0.1:2526").await.unwrap();
    let snapshot = shell.organization.directory.snapshot();
    assert!(admin::organization::effective(&shell.organization.settings, &snapshot).is_ok());
}

#[tokio::test]
async fn limits_of_the_organization_are_set_and_shown() {
    let shell = Shell::new().await;
    let of = "Get-TransportConfig -List";
    assert_eq!(listed(&shell, of, "MaxReceiveSize").await, "36 MB (37,748,736 bytes)");
    assert_eq!(listed(&shell, of, "MaxRecipientEnvelopeLimit").await, "500");
    let set = "Set-TransportConfig -MaxReceiveSize 50MB -MaxRecipientEnvelopeLimit Unlimited";
    assert!(shell.run(set).await.unwrap().contains("started again"));
    assert_eq!(listed(&shell, of, "MaxReceiveSize").await, "50 MB (52,428,800 bytes)");
    assert_eq!(listed(&shell, of, "MaxRecipientEnvelopeLimit").await, "Unlimited");
    let much = shell.run("Set-TransportConfig -MaxReceiveSize 200MB").await.unwrap_err();
    assert!(much.contains("is more than 150 MB"), "{much}");
}
