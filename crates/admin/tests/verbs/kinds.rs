//! Recipients of all kinds, and who was granted what.

use admin::verb::{Caller, RoleGroup};
use auth::RecipientId;
use serde_json::json;

use types::limits::IMAP_CAPABILITIES_HIDDEN_MAX;

use crate::shell::Shell;

/// With alice and bob.
async fn two_people() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -DisplayName Alice -Password secret-1").await.unwrap();
    shell.run("New-Mailbox bob -DisplayName Bob -Password secret-1").await.unwrap();
    shell
}

impl Shell {
    /// Takes all roles but those of a group from who types.
    pub fn becomes(&mut self, group: RoleGroup) {
        let name = "somebody@example.test".to_owned();
        self.caller = Caller::User { id: RecipientId([1; 16]), name, groups: vec![group] };
    }

    async fn refused(&self, line: &str) -> String {
        self.run(line).await.unwrap_err()
    }
}

#[tokio::test]
async fn a_mail_contact_from_making_to_removing() {
    let shell = Shell::new().await;
    shell.run("New-MailContact Frida -ExternalEmailAddress f@far.test").await.unwrap();
    let get = "Get-MailContact Frida";
    assert_eq!(shell.shown(get, "PrimarySmtpAddress").await, "f@far.test");
    shell.run("set-mail-contact frida --external-email-address f2@far.test").await.unwrap();
    assert_eq!(shell.shown(get, "ExternalEmailAddress").await, "f2@far.test");
    let addresses = json!(["SMTP:f@far.test", "smtp:Frida@example.test", "smtp:f2@far.test"]);
    assert_eq!(shell.shown(get, "EmailAddresses").await, addresses);
    let own = "Set-MailContact frida -PrimarySmtpAddress frida@example.test";
    assert!(shell.refused(own).await.contains("say -EmailAddressPolicyEnabled $false"));
    shell.run(&format!("{own} -EmailAddressPolicyEnabled $false")).await.unwrap();
    shell.run("Set-MailContact frida -HiddenFromAddressListsEnabled $true").await.unwrap();
    assert_eq!(shell.shown(get, "PrimarySmtpAddress").await, "frida@example.test");
    assert_eq!(shell.shown(get, "HiddenFromAddressListsEnabled").await, true);
    let told = shell.run("Remove-MailContact frida -WhatIf").await.unwrap();
    assert_eq!(told, "What if: Removing mail contact frida@example.test.\n");
    shell.run("Remove-MailContact frida -Confirm:$false").await.unwrap();
    assert_eq!(shell.refused(get).await, "mail contact \"Frida\" could not be found");
}

#[tokio::test]
async fn contacts_do_not_take_what_is_somebodys_and_verbs_keep_to_their_noun() {
    let mut shell = two_people().await;
    let taken = "New-MailContact Al -ExternalEmailAddress alice@example.test";
    assert!(shell.refused(taken).await.contains("belongs to another recipient"));
    let alias = "New-MailContact alice -ExternalEmailAddress a@far.test";
    assert_eq!(shell.refused(alias).await, "the alias alice belongs to another recipient");
    let wrong = shell.refused("New-MailContact Al -ExternalEmailAddress nowhere").await;
    assert_eq!(wrong, "ExternalEmailAddress: expected a mail address");
    assert!(shell.refused("New-MailContact Al").await.contains("ExternalEmailAddress"));
    for line in ["Get-MailContact bob", "Set-MailUser bob -Alias b", "Get-DistributionGroup bob"] {
        assert!(shell.refused(line).await.ends_with("\"bob\" could not be found"), "{line}");
    }
    shell.becomes(RoleGroup::HelpDesk);
    let refused = shell.refused("New-MailContact Al -ExternalEmailAddress a@far.test").await;
    assert_eq!(refused, "the role Mail Recipient Creation is needed");
    assert!(shell.run("Get-MailContact").await.is_ok());
}

#[tokio::test]
async fn a_mail_user_logs_in_and_has_the_mail_elsewhere() {
    let shell = two_people().await;
    let new = "New-MailUser Ursula -ExternalEmailAddress u@far.test -Password secret-1 \
        -PrimarySmtpAddress ursula@example.test";
    shell.run(new).await.unwrap();
    let get = "Get-MailUser Ursula";
    assert_eq!(shell.shown(get, "ExternalEmailAddress").await, "u@far.test");
    let account = |shell: &Shell| {
        let snapshot = shell.organization.directory.snapshot();
        snapshot.by_alias("ursula").unwrap().account().unwrap().credentials.clone()
    };
    let before = account(&shell);
    assert!(before.is_some());
    shell.run("Set-MailUser Ursula -Password secret-2").await.unwrap();
    assert!(account(&shell).is_some() && account(&shell) != before);
    shell.run("Set-MailUser Ursula -GrantSendOnBehalfTo alice").await.unwrap();
    let granted = json!(["alice@example.test"]);
    assert_eq!(shell.shown(get, "GrantSendOnBehalfTo").await, granted);
    shell.run("Remove-MailUser ursula -Confirm:$false").await.unwrap();
    assert_eq!(shell.run("Get-MailUser").await.unwrap(), "");
}

#[tokio::test]
async fn recipients_of_all_kinds_are_listed_and_filtered() {
    let shell = two_people().await;
    shell.run("New-MailContact Frida -ExternalEmailAddress f@far.test").await.unwrap();
    shell.run("New-DistributionGroup Staff").await.unwrap();
    shell.run("New-Mailbox Hall -Room").await.unwrap();
    shell.run("New-Mailbox Car -Equipment").await.unwrap();
    let names = async |line: &str| {
        let objects = shell.objects(line).await;
        let names = objects.as_array().unwrap().iter().map(|each| each["DisplayName"].clone());
        names.map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("Get-Recipient").await, "Alice Bob Car Frida Hall Staff");
    let kinds = "RoomMailbox -RecipientTypeDetails MailContact";
    assert_eq!(names(&format!("Get-Recipient -RecipientTypeDetails {kinds}")).await, "Frida Hall");
    assert_eq!(names("Get-Recipient -Anr f").await, "Frida");
    assert_eq!(names("Get-Recipient f@far.test").await, "Frida");
    let two = shell.run("Get-Recipient -ResultSize 2").await.unwrap();
    assert!(two.contains("Alice") && two.contains("there are 6 in all"), "{two}");
    let kind = shell.refused("Get-Recipient -RecipientTypeDetails Printer").await;
    assert!(kind.contains("UserMailbox, SharedMailbox"), "{kind}");
}

#[tokio::test]
async fn a_distribution_group_and_its_members() {
    let shell = two_people().await;
    shell.run("New-DistributionGroup Staff -Members alice -ManagedBy bob").await.unwrap();
    shell.run("New-DistributionGroup All").await.unwrap();
    shell.run("Add-DistributionGroupMember All -Member Staff").await.unwrap();
    shell.run("Add-DistributionGroupMember All -Member bob").await.unwrap();
    let members = async |group: &str| {
        let objects = shell.objects(&format!("Get-DistributionGroupMember {group}")).await;
        let all = objects.as_array().unwrap().iter().map(|each| each["Alias"].clone());
        all.map(|alias| alias.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(members("All").await, "Staff bob");
    let again = shell.refused("Add-DistributionGroupMember All -Member bob").await;
    assert_eq!(again, "bob is a member already");
    shell.run("Remove-DistributionGroupMember All -Member bob").await.unwrap();
    let gone = shell.refused("Remove-DistributionGroupMember All -Member bob").await;
    assert_eq!(gone, "member \"bob\" could not be found");
    shell.run("Update-DistributionGroupMember All -Members bob -Members alice").await.unwrap();
    assert_eq!(members("All").await, "bob alice");
    let entries = shell.organization.directory.audit_entries(0..u64::MAX, 1, |_| true).await;
    let modified = entries.unwrap().remove(0).modified.remove(0);
    assert_eq!(modified.name, "Members");
    assert_eq!(modified.old, r#"["Staff@example.test"]"#);
    shell.run("Remove-Mailbox bob -Confirm:$false").await.unwrap();
    assert_eq!(members("All").await, "alice");
    assert_eq!(shell.shown("Get-DistributionGroup Staff", "ManagedBy").await, json!([]));
    shell.run("Remove-DistributionGroup All -Confirm:$false").await.unwrap();
    assert_eq!(shell.objects("Get-DistributionGroup").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_distribution_groups_properties_are_set_and_refused() {
    let mut shell = two_people().await;
    shell.run("New-DistributionGroup Staff -Members alice").await.unwrap();
    let nobody = shell.refused("Set-DistributionGroup Staff -ReportToManagerEnabled $true").await;
    assert!(nobody.contains("see -ManagedBy"), "{nobody}");
    let set = "Set-DistributionGroup Staff -ManagedBy bob -ReportToManagerEnabled $true \
        -RequireSenderAuthenticationEnabled $false -MaxReceiveSize 1MB \
        -AcceptMessagesOnlyFromSendersOrMembers bob -RejectMessagesFromSendersOrMembers alice \
        -GrantSendOnBehalfTo alice -HiddenFromAddressListsEnabled $true \
        -SendOofMessageToOriginatorEnabled $true";
    let replies = "SendOofMessageToOriginatorEnabled";
    assert_eq!(shell.shown("Get-DistributionGroup Staff", replies).await, json!(false));
    shell.run(set).await.unwrap();
    let shown = shell.objects("Get-DistributionGroup Staff").await[0].clone();
    for (name, value) in [
        (replies, json!(true)),
        ("ManagedBy", json!(["bob@example.test"])),
        ("ReportToManagerEnabled", json!(true)),
        ("ReportToOriginatorEnabled", json!(false)),
        ("RequireSenderAuthenticationEnabled", json!(false)),
        ("MaxReceiveSize", json!(1 << 20)),
        ("AcceptMessagesOnlyFromSendersOrMembers", json!(["bob@example.test"])),
        ("RejectMessagesFromSendersOrMembers", json!(["alice@example.test"])),
        ("GrantSendOnBehalfTo", json!(["alice@example.test"])),
        ("HiddenFromAddressListsEnabled", json!(true)),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let missing = "Set-DistributionGroup Staff -AcceptMessagesOnlyFromSendersOrMembers carol";
    assert_eq!(shell.refused(missing).await, "recipient \"carol\" could not be found");
    let both = "Set-DistributionGroup Staff -ReportToManagerEnabled $true \
        -ReportToOriginatorEnabled $true";
    assert!(shell.refused(both).await.contains("not to both"));
    let foreign = shell.refused("New-DistributionGroup X -PrimarySmtpAddress x@far.test").await;
    assert!(foreign.contains("not an accepted domain"), "{foreign}");
    shell.becomes(RoleGroup::HelpDesk);
    for line in [
        "New-DistributionGroup X",
        "Add-DistributionGroupMember Staff -Member bob",
        "Set-DistributionGroup Staff -DisplayName X",
    ] {
        assert_eq!(shell.refused(line).await, "the role Distribution Groups is needed");
    }
    shell.becomes(RoleGroup::RecipientManagement);
    assert!(shell.run("Add-DistributionGroupMember Staff -Member bob").await.is_ok());
}

#[tokio::test]
async fn mailboxes_nobody_logs_in_to_have_no_password() {
    let shell = two_people().await;
    let kind = async |name: &str| {
        shell.shown(&format!("Get-Mailbox {name}"), "RecipientTypeDetails").await
    };
    shell.run("New-Mailbox Hall -Room").await.unwrap();
    assert_eq!(kind("Hall").await, "RoomMailbox");
    let refused = shell.refused("New-Mailbox Van -Equipment -Password secret-1").await;
    assert!(refused.contains("has no password"), "{refused}");
    let refused = shell.refused("New-Mailbox Van -Equipment -Room").await;
    assert!(refused.contains("say one of them"), "{refused}");
    let refused = shell.refused("Set-Mailbox Hall -Password secret-1").await;
    assert!(refused.contains("has no password"), "{refused}");
    shell.run("Set-Mailbox alice -Password secret-1").await.unwrap();
    shell.run("Set-Mailbox alice -Type Shared").await.unwrap();
    assert_eq!(kind("alice").await, "SharedMailbox");
    shell.run("Set-Mailbox alice -Type Regular -Password secret-2").await.unwrap();
    assert_eq!(kind("alice").await, "UserMailbox");
    let refused = shell.refused("Set-Mailbox alice -Type Printer").await;
    assert!(refused.contains("Regular, Shared, Room, Equipment"), "{refused}");
}

#[tokio::test]
async fn full_access_and_send_as_are_granted_shown_and_taken() {
    let mut shell = two_people().await;
    for (noun, user, right) in
        [("MailboxPermission", "User", "FullAccess"), ("RecipientPermission", "Trustee", "SendAs")]
    {
        let args = format!("{noun} alice -{user} bob -AccessRights {right}");
        shell.run(&format!("Add-{args}")).await.unwrap();
        let shown = shell.objects(&format!("Get-{noun} alice")).await;
        assert_eq!(shown[0][user], "bob@example.test");
        assert_eq!(shown[0]["AccessRights"], json!([right]));
        let again = shell.run(&format!("Add-{args}")).await.unwrap();
        assert!(again.contains(&format!("bob has {right} already")), "{again}");
        shell.run(&format!("Remove-{args}")).await.unwrap();
        assert_eq!(shell.run(&format!("Get-{noun} alice")).await.unwrap(), "");
        let gone = shell.refused(&format!("Remove-{args}")).await;
        assert_eq!(gone, format!("{right} \"bob\" could not be found"));
        let wrong = args.replace(right, "Everything");
        assert!(shell.refused(&format!("Add-{wrong}")).await.contains(right));
        let nobody = args.replace("bob", "carol");
        let refused = shell.refused(&format!("Add-{nobody}")).await;
        assert_eq!(refused, "recipient \"carol\" could not be found");
    }
    shell.becomes(RoleGroup::HelpDesk);
    let refused = shell.refused("Add-MailboxPermission alice -User bob -AccessRights FullAccess");
    assert_eq!(refused.await, "the role Mail Recipients is needed");
}

#[tokio::test]
async fn permissions_of_folders_are_roles_or_single_rights() {
    let mut shell = two_people().await;
    let args = "MailboxFolderPermission alice:\\Inbox -User bob";
    shell.run(&format!("Add-{args} -AccessRights Reviewer")).await.unwrap();
    let rights = async |shell: &Shell| {
        let shown = shell.objects("Get-MailboxFolderPermission alice:\\Inbox").await;
        let of_bob =
            shown.as_array().unwrap().iter().find(|each| each["User"] == "bob@example.test");
        of_bob.map(|each| each["AccessRights"].clone())
    };
    assert_eq!(rights(&shell).await, Some(json!(["Reviewer"])));
    let again = shell.refused(&format!("Add-{args} -AccessRights Editor")).await;
    assert!(again.contains("run Set-MailboxFolderPermission"), "{again}");
    let single =
        "-AccessRights CreateItems -AccessRights FolderVisible -AccessRights DeleteOwnedItems";
    shell.run(&format!("Set-{args} {single}")).await.unwrap();
    assert_eq!(
        rights(&shell).await,
        Some(json!(["CreateItems", "DeleteOwnedItems", "FolderVisible"]))
    );
    shell.run(&format!("Remove-{args}")).await.unwrap();
    assert_eq!(rights(&shell).await, None);
    let gone = shell.refused(&format!("Set-{args} -AccessRights Editor")).await;
    assert_eq!(gone, "permission \"bob\" could not be found");
    let missing = shell.refused("Get-MailboxFolderPermission alice:\\Nowhere").await;
    assert_eq!(missing, "folder \"alice:\\\\Nowhere\" could not be found");
    assert_eq!(shell.refused(&format!("Add-{args}")).await, "AccessRights is missing");
    shell.becomes(RoleGroup::HelpDesk);
    let refused = shell.refused(&format!("Add-{args} -AccessRights Editor")).await;
    assert_eq!(refused, "the role Mail Recipients is needed");
}

#[tokio::test]
async fn so_many_capabilities_are_hidden_and_no_more() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox alice -Password secret-1").await.unwrap();
    let hide = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("X{number}")).collect();
        format!("Set-CASMailbox alice -ImapCapabilitiesHidden {}", names.join(","))
    };
    shell.run(&hide(IMAP_CAPABILITIES_HIDDEN_MAX)).await.unwrap();
    let refused = shell.run(&hide(IMAP_CAPABILITIES_HIDDEN_MAX + 1)).await.unwrap_err();
    assert_eq!(refused, "ImapCapabilitiesHidden is too long");
}
