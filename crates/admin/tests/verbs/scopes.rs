//! Write scopes: whoever is kept to one changes nothing outside of it, by whatever verb.

use std::fs;
use std::sync::Arc;

use admin::verb::{Caller, Effect, OwnRoleGroup, Role, RoleGroup, Verb};
use admin::verbs::VERBS;
use auth::RecipientId;
use filter::RecipientFilter;

use crate::restores::recovery;
use crate::shell::Shell;

/// What is there before. `_` stands for a blank in a word, `{…}` for a file.
const MADE: &[&str] = &[
    "New-Mailbox alice -Password secret-1",
    "New-Mailbox bob -Password secret-1",
    "New-Mailbox plain -Password secret-1",
    "Disable-Mailbox plain -Confirm:$false",
    "New-MailContact Carl -ExternalEmailAddress c@far.test",
    "New-MailUser Mia -ExternalEmailAddress m@far.test -Password secret-1",
    "New-DistributionGroup Staff -Members alice",
    "New-DynamicDistributionGroup Everyone -RecipientFilter {Department_-eq_'Sales'}",
    "New-AppPassword bob -Name phone",
    "Add-MailboxPermission bob -User alice -AccessRights FullAccess",
    "Add-RecipientPermission bob -Trustee alice -AccessRights SendAs",
    "Add-MailboxFolderPermission bob:\\Inbox -User alice -AccessRights Reviewer",
    "New-MailboxRestoreRequest -Name Back -SourceDatabase <backup> -SourceStoreMailbox \
        carol@example.test -TargetMailbox bob",
    "New-MailboxImportRequest bob -Name In -FilePath <mail>",
    "New-MailboxExportRequest bob -Name Out -FilePath <new>",
    "New-MigrationEndpoint old -RemoteServer imap.old.test",
    "New-MigrationEndpoint unused -RemoteServer imap.old.test",
    "New-MigrationBatch Spring -SourceEndpoint old -CSVData <users>",
    "New-RoleGroup Desk -Members alice",
];

/// For every verb that scopes hold for, a line about what is outside of the caller's.
const LINES: &[&str] = &[
    "Add-DistributionGroupMember Staff -Member bob",
    "Add-MailboxFolderPermission bob:\\Inbox -User Default -AccessRights Reviewer",
    "Add-MailboxPermission bob -User plain -AccessRights FullAccess",
    "Add-RecipientPermission bob -Trustee Mia -AccessRights SendAs",
    "Add-RoleGroupMember Desk -Member bob",
    "Complete-MigrationBatch Spring",
    "Disable-Mailbox bob",
    "Enable-Mailbox plain",
    "New-AppPassword bob -Name tablet",
    "New-DistributionGroup Others",
    "New-DynamicDistributionGroup Others -RecipientFilter {Department_-eq_'Sales'}",
    "New-MailContact Dora -ExternalEmailAddress d@far.test",
    "New-MailUser Dora -ExternalEmailAddress d@far.test -Password secret-1",
    "New-Mailbox carol -Password secret-1",
    "New-MailboxExportRequest bob -Name More -FilePath <new>",
    "New-MailboxImportRequest bob -Name More -FilePath <mail>",
    "New-MailboxRestoreRequest -Name More -SourceDatabase <backup> -SourceStoreMailbox \
        carol@example.test -TargetMailbox bob",
    "New-ManagementRoleAssignment Mail_Recipients -SecurityGroup Desk",
    "New-MigrationBatch Autumn -SourceEndpoint old -CSVData <alice>",
    "New-MigrationEndpoint new -RemoteServer imap.new.test",
    "New-RoleGroup Others",
    "Remove-AppPassword bob -Name phone",
    "Remove-DistributionGroup Staff",
    "Remove-DistributionGroupMember Staff -Member alice",
    "Remove-DynamicDistributionGroup Everyone",
    "Remove-MailContact Carl",
    "Remove-MailUser Mia",
    "Remove-Mailbox bob",
    "Remove-MailboxExportRequest bob\\Out",
    "Remove-MailboxFolderPermission bob:\\Inbox -User alice",
    "Remove-MailboxImportRequest bob\\In",
    "Remove-MailboxRestoreRequest bob\\Back",
    "Remove-MailboxPermission bob -User alice -AccessRights FullAccess",
    "Remove-ManagementRoleAssignment User_Options-Help_Desk",
    "Remove-MigrationBatch Spring",
    "Remove-MigrationEndpoint unused",
    "Remove-RecipientPermission bob -Trustee alice -AccessRights SendAs",
    "Remove-RoleGroup Desk",
    "Remove-RoleGroupMember Desk -Member alice",
    "Remove-User plain",
    "Remove-UserPhoto bob",
    "Restore-RecoverableItems bob",
    "Resume-MailboxExportRequest bob\\Out",
    "Resume-MailboxImportRequest bob\\In",
    "Resume-MailboxRestoreRequest bob\\Back",
    "Set-CASMailbox bob -ImapEnabled $false",
    "Set-Contact Carl -Department Sales",
    "Set-DistributionGroup Staff -DisplayName S",
    "Set-DynamicDistributionGroup Everyone -DisplayName E",
    "Set-MailContact Carl -DisplayName C",
    "Set-MailUser Mia -DisplayName M",
    "Set-Mailbox bob -DisplayName B",
    "Set-MailboxAutoReplyConfiguration bob -AutoReplyState Enabled",
    "Set-MailboxFolderPermission bob:\\Inbox -User alice -AccessRights Editor",
    "Set-MigrationBatch Spring -BadItemLimit 5",
    "Set-MigrationEndpoint unused -RemoteServer imap.new.test",
    "Set-RoleGroup Desk -Description D",
    "Set-ThrottlingPolicyAssociation bob -ThrottlingPolicy $null",
    "Set-User bob -Department Sales",
    "Set-UserPhoto bob -PictureData /9j/4AAQSkZJRg==",
    "Start-MigrationBatch Spring",
    "Stop-MigrationBatch Spring",
    "Suspend-MailboxExportRequest bob\\Out",
    "Suspend-MailboxImportRequest bob\\In",
    "Suspend-MailboxRestoreRequest bob\\Back",
    "Update-DistributionGroupMember Staff -Members bob",
    "Update-RoleGroupMember Desk -Members bob",
];

/// What a refusal ends with.
const OUTSIDE: &str = "is not in the caller's write scope";

/// Somebody with these roles, over the recipients of an alias.
fn kept_to(alias: &str, roles: &[Role]) -> Caller {
    let scope = RecipientFilter::parse(&format!("Alias -eq '{alias}'")).unwrap();
    let group = OwnRoleGroup { name: "Kept".to_owned(), roles: roles.to_vec(), scope: Some(scope) };
    Caller::User {
        id: RecipientId([1; 16]),
        name: "admin@example.test".to_owned(),
        groups: vec![RoleGroup::Own(Arc::new(group))],
    }
}

fn scoped_verbs() -> impl Iterator<Item = &'static Verb> {
    let all = VERBS.iter().flat_map(|of_noun| of_noun.iter());
    all.filter(|verb| verb.effect != Effect::Read && verb.role.is_scoped())
}

fn is_about(line: &str, verb: &Verb) -> bool {
    line.split(' ').next() == Some(verb.name.as_str())
}

/// An organization with something of everything, and the files of [`MADE`].
struct World {
    shell: Shell,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        fs::create_dir(folder.path().join("backup")).unwrap();
        recovery(&folder.path().join("backup")).await;
        fs::write(folder.path().join("mail/1.eml"), "A: b\n\nx\n").unwrap();
        for (file, user) in [("users", "bob"), ("alice", "alice")] {
            let row = format!("EmailAddress,UserName,Password\n{user}@example.test,u,p\n");
            fs::write(folder.path().join(file), row).unwrap();
        }
        let world = World { shell: Shell::new().await, folder };
        for line in MADE {
            world.run(line).await.unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        world
    }

    async fn run(&self, line: &str) -> Result<String, String> {
        let folder = self.folder.path().display().to_string();
        let file = |word: &str| match word.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
            Some(name) => format!("{folder}/{name}"),
            None => word.replace('_', " "),
        };
        let words: Vec<String> = line.split(' ').map(file).collect();
        self.shell.run_words(words.iter().map(String::as_str)).await
    }

    /// Everything that the lines are about.
    async fn shown(&self) -> String {
        let mut shown = String::new();
        for noun in [
            "Recipient",
            "Mailbox",
            "User",
            "CASMailbox",
            "DistributionGroup",
            "RoleGroup",
            "MailboxImportRequest",
            "MailboxExportRequest",
            "MailboxRestoreRequest",
            "MigrationBatch",
            "MigrationUser",
            "MigrationEndpoint",
            "AppPassword bob",
            "MailboxPermission bob",
            "RecipientPermission bob",
            "DistributionGroupMember Staff",
            "MailboxAutoReplyConfiguration bob",
        ] {
            shown += &self.run(&format!("Get-{noun} --json")).await.unwrap();
        }
        shown
    }
}

#[tokio::test]
async fn every_verb_that_changes_recipients_keeps_to_the_callers_scope() {
    let mut world = World::new().await;
    let before = world.shown().await;
    let root = std::mem::replace(&mut world.shell.caller, kept_to("nobody", Role::ALL));
    for verb in scoped_verbs() {
        let name = verb.name.as_str();
        let line = LINES.iter().find(|line| is_about(line, verb));
        let line = line.unwrap_or_else(|| panic!("{name} needs a line among LINES"));
        let confirmed = match verb.effect {
            Effect::Destroy => format!("{line} -Confirm:$false"),
            _ => (*line).to_owned(),
        };
        let refused = world.run(&confirmed).await.expect_err(line);
        assert!(refused.ends_with(OUTSIDE), "{line}: {refused}");
    }
    world.shell.caller = root;
    assert_eq!(world.shown().await, before);
}

#[tokio::test]
async fn the_lines_are_about_verbs_that_there_are() {
    let verbs: Vec<&Verb> = scoped_verbs().collect();
    for line in LINES {
        assert!(verbs.iter().any(|verb| is_about(line, verb)), "{line}");
    }
}

#[tokio::test]
async fn a_batch_is_its_users() {
    let mut world = World::new().await;
    let root = std::mem::replace(&mut world.shell.caller, kept_to("alice", Role::ALL));
    let refused = world.run("Start-MigrationBatch Spring").await.unwrap_err();
    assert_eq!(refused, format!("bob@example.test {OUTSIDE}"));
    world.shell.caller = kept_to("bob", Role::ALL);
    world.run("Start-MigrationBatch Spring").await.unwrap();
    world.run("Stop-MigrationBatch Spring").await.unwrap();
    let more = world.run("Set-MigrationBatch Spring -CSVData <alice>").await.unwrap_err();
    assert_eq!(more, format!("alice@example.test {OUTSIDE}"));
    world.shell.caller = root;
    assert_eq!(world.shell.shown("Get-MigrationBatch Spring", "Status").await, "Stopped");
}

#[tokio::test]
async fn who_gets_the_mail_of_nobody_is_in_scope() {
    let mut world = World::new().await;
    world.shell.caller = kept_to("alice", Role::ALL);
    let refused = world.run("Set-AcceptedDomain example.test -CatchAll bob").await.unwrap_err();
    assert_eq!(refused, format!("bob@example.test {OUTSIDE}"));
    world.run("Set-AcceptedDomain example.test -CatchAll alice").await.unwrap();
}

#[tokio::test]
async fn a_policy_changes_whom_the_caller_may_change() {
    let mut world = World::new().await;
    let new = "New-EmailAddressPolicy All -IncludedRecipients AllRecipients \
        -EnabledPrimarySMTPAddressTemplate SMTP:%m.new@example.test";
    world.run(new).await.unwrap();
    let root = std::mem::replace(&mut world.shell.caller, kept_to("alice", Role::ALL));
    let told = world.run("Update-EmailAddressPolicy All").await.unwrap();
    assert!(told.contains("recipients are not in the caller's write scope"), "{told}");
    world.shell.caller = root;
    let address = "PrimarySmtpAddress";
    assert_eq!(world.shell.property("alice", address).await, "alice.new@example.test");
    assert_eq!(world.shell.property("bob", address).await, "bob@example.test");
}
