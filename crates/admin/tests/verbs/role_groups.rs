//! Role groups: who may run which verbs, on whom.

use admin::verb::Caller;
use serde_json::json;

use crate::shell::Shell;

/// alice of Sales, bob of no department, both with mailboxes; root types.
async fn two_people() -> Shell {
    let shell = Shell::new().await;
    for line in [
        "New-Mailbox alice -Password secret-1",
        "New-Mailbox bob -Password secret-1",
        "Set-User alice -Department Sales",
    ] {
        shell.run(line).await.unwrap();
    }
    shell
}

impl Shell {
    /// From now on somebody types who has logged in; None: root again.
    fn is_used_by(&mut self, alias: Option<&str>) {
        let snapshot = self.organization.directory.snapshot();
        self.caller = match alias.map(|alias| snapshot.by_alias(alias).unwrap()) {
            Some(user) => Caller::account(&snapshot, user.id, user.primary.to_string()),
            None => Caller::Local { user: "root".to_owned() },
        };
    }

    async fn words(&self, words: &[&str]) -> Result<String, String> {
        self.run_words(words.iter().copied()).await
    }

    /// A property of a role group.
    async fn of_group(&self, name: &str, property: &str) -> serde_json::Value {
        let shown = self.words(&["Get-RoleGroup", name, "--json"]).await.unwrap();
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown[0][property].clone()
    }
}

const NEEDED: &str = "the role Mail Recipients is needed";

#[tokio::test]
async fn a_member_may_what_the_groups_roles_hold() {
    let mut shell = two_people().await;
    shell.is_used_by(Some("bob"));
    assert_eq!(shell.run("Set-Mailbox alice -DisplayName A").await.unwrap_err(), NEEDED);
    shell.is_used_by(None);
    shell.words(&["Add-RoleGroupMember", "Recipient Management", "-Member", "bob"]).await.unwrap();
    assert_eq!(
        shell.of_group("recipient management", "Members").await,
        json!(["bob@example.test"])
    );
    shell.is_used_by(Some("bob"));
    shell.run("Set-Mailbox alice -DisplayName A").await.unwrap();
    let connectors = shell.run("Get-ReceiveConnector").await.unwrap_err();
    assert_eq!(connectors, "the role View-Only Configuration is needed");
    let own = shell.words(&["Add-RoleGroupMember", "Organization Management", "-Member", "bob"]);
    assert_eq!(own.await.unwrap_err(), "the role Role Management is needed");
    shell.is_used_by(None);
    let gone = ["Remove-RoleGroupMember", "Recipient Management", "-Member", "bob"];
    shell.words(&gone).await.unwrap();
    assert!(shell.words(&gone).await.unwrap_err().contains("could not be found"));
    shell.is_used_by(Some("bob"));
    assert_eq!(shell.run("Set-Mailbox alice -DisplayName B").await.unwrap_err(), NEEDED);
}

#[tokio::test]
async fn a_group_of_ones_own_has_a_write_scope() {
    let mut shell = two_people().await;
    let new = [
        "New-RoleGroup",
        "Sales Desk",
        "-Roles",
        "Mail Recipients,View-Only Recipients,Mail Recipient Creation,User Options,Reset Password",
        "-Members",
        "bob",
        "-RecipientRestrictionFilter",
        "{Department -eq 'Sales'}",
    ];
    shell.words(&new).await.unwrap();
    assert!(shell.words(&new).await.unwrap_err().contains("already"));
    shell.is_used_by(Some("bob"));
    shell.run("Set-Mailbox alice -DisplayName A").await.unwrap();
    let full = "Add-MailboxPermission alice -User bob -AccessRights FullAccess";
    shell.run(full).await.unwrap();
    shell.run("Set-MailboxAutoReplyConfiguration alice -AutoReplyState Enabled").await.unwrap();
    let outside = "bob@example.test is not in the caller's write scope";
    for line in [
        "Set-Mailbox bob -DisplayName B",
        "Set-User bob -Department Sales",
        "Disable-Mailbox bob -Confirm:$false",
        "Remove-Mailbox bob -Confirm:$false",
        "Set-CASMailbox bob -ImapEnabled $false",
        "Set-MailboxAutoReplyConfiguration bob -AutoReplyState Enabled",
        "Add-MailboxPermission bob -User alice -AccessRights FullAccess",
        "Add-MailboxFolderPermission bob:\\Inbox -User alice -AccessRights Reviewer",
        "Add-RecipientPermission bob -Trustee alice -AccessRights SendAs",
        "New-AppPassword bob -Name Phone",
    ] {
        assert_eq!(shell.run(line).await.unwrap_err(), outside, "{line}");
    }
    let made = shell.run("New-Mailbox carol -Password secret-1").await.unwrap_err();
    assert_eq!(made, "carol@example.test is not in the caller's write scope");
    assert_eq!(shell.property("bob", "DisplayName").await, "bob");
    shell.is_used_by(None);
    let all = ["Set-RoleGroup", "Sales Desk", "-RecipientRestrictionFilter", "$null"];
    shell.words(&all).await.unwrap();
    shell.is_used_by(Some("bob"));
    shell.run("New-Mailbox carol -Password secret-1").await.unwrap();
}

#[tokio::test]
async fn roles_are_given_and_taken() {
    let mut shell = two_people().await;
    shell.words(&["Add-RoleGroupMember", "Help Desk", "-Member", "bob"]).await.unwrap();
    let give = ["New-ManagementRoleAssignment", "Mail Recipients", "-SecurityGroup", "Help Desk"];
    shell.words(&give).await.unwrap();
    let held = shell.words(&give).await.unwrap_err();
    assert_eq!(held, "Help Desk holds Mail Recipients already");
    shell.is_used_by(Some("bob"));
    shell.run("Set-Mailbox alice -DisplayName A").await.unwrap();
    shell.is_used_by(None);
    let name = "Mail Recipients-Help Desk";
    let shown = shell.words(&["Get-ManagementRoleAssignment", name]).await.unwrap();
    assert!(shown.contains("Help Desk"), "{shown}");
    let take = ["Remove-ManagementRoleAssignment", name, "-Confirm:$false"];
    shell.words(&take).await.unwrap();
    assert!(shell.words(&take).await.unwrap_err().contains("could not be found"));
    shell.is_used_by(Some("bob"));
    assert_eq!(shell.run("Set-Mailbox alice -DisplayName B").await.unwrap_err(), NEEDED);
    let shown = shell.run("Get-ManagementRole -Cmdlet Set-Mailbox").await.unwrap_err();
    assert_eq!(shown, "the role View-Only Configuration is needed");
    shell.is_used_by(None);
    let shown = shell.objects("Get-ManagementRole -Cmdlet Set-Mailbox").await;
    assert_eq!(shown[0]["Name"], "Mail Recipients");
    assert!(shown[0]["RoleEntries"].as_array().unwrap().contains(&json!("Set-Mailbox")));
}

#[tokio::test]
async fn nobody_locks_everybody_out() {
    let shell = two_people().await;
    let group = "Organization Management";
    shell.words(&["Add-RoleGroupMember", group, "-Member", "alice"]).await.unwrap();
    shell.words(&["Update-RoleGroupMember", group, "-Members", "bob"]).await.unwrap();
    assert_eq!(shell.of_group(group, "Members").await, json!(["bob@example.test"]));
    for (words, why) in [
        (&["Remove-RoleGroupMember", group, "-Member", "bob"][..], "needs a member"),
        (&["Update-RoleGroupMember", group, "-Members", "$null"], "needs a member"),
        (&["Remove-RoleGroup", group, "-Confirm:$false"], "built in"),
        (&["Set-RoleGroup", group, "-Name", "Others"], "built in"),
        (
            &["Set-RoleGroup", group, "-RecipientRestrictionFilter", "{Alias -eq 'x'}"],
            "holds every role",
        ),
        (
            &[
                "Remove-ManagementRoleAssignment",
                "Role Management-Organization Management",
                "-Confirm:$false",
            ],
            "holds every role",
        ),
        (&["New-RoleGroup", "help desk"], "already"),
        (&["New-RoleGroup", "X", "-Roles", "Magic"], "invalid value"),
        (&["Get-RoleGroup", "Nobody"], "could not be found"),
    ] {
        let refused = shell.words(words).await.unwrap_err();
        assert!(refused.contains(why), "{words:?}: {refused}");
    }
    shell.run("New-MailContact Carl -ExternalEmailAddress c@far.test").await.unwrap();
    let cannot = shell.words(&["Add-RoleGroupMember", "Help Desk", "-Member", "Carl"]).await;
    assert_eq!(cannot.unwrap_err(), "c@far.test cannot log in");
}

#[tokio::test]
async fn groups_change_and_are_audited() {
    let shell = two_people().await;
    shell.words(&["New-RoleGroup", "Desk", "-Members", "bob"]).await.unwrap();
    let told = shell.words(&["Remove-RoleGroup", "Desk", "-WhatIf"]).await.unwrap();
    assert_eq!(told, "What if: Removing role group Desk.\n");
    let set = ["Set-RoleGroup", "Desk", "-Name", "Front Desk", "-Description", "At the door"];
    shell.words(&set).await.unwrap();
    assert_eq!(shell.of_group("front desk", "Description").await, "At the door");
    let members = shell.words(&["Get-RoleGroupMember", "Front Desk"]).await.unwrap();
    assert!(members.contains("bob"), "{members}");
    shell.words(&["Remove-RoleGroup", "Front Desk", "-Confirm:$false"]).await.unwrap();
    assert!(shell.words(&["Get-RoleGroup", "Front Desk"]).await.is_err());
    let log = shell.run("Search-AdminAuditLog -Cmdlets Remove-RoleGroup").await.unwrap();
    assert!(log.contains("Front Desk"), "{log}");
}
