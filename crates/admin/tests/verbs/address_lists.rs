//! Address lists.

use admin::verb::RoleGroup;
use serde_json::{Value, json};

use crate::shell::Shell;

/// With anna and ben, anna in sales, a group, a room, and a contact whom no list shows.
async fn with_people() -> Shell {
    let shell = Shell::new().await;
    for line in [
        "New-Mailbox anna -Password secret-1",
        "New-Mailbox ben -Password secret-1",
        "Set-User anna -Department Sales",
        "New-DistributionGroup Staff",
        "New-Mailbox Hall -Room",
        "New-MailContact Frida -ExternalEmailAddress f@far.test",
        "Set-MailContact Frida -HiddenFromAddressListsEnabled $true",
    ] {
        shell.run(line).await.unwrap();
    }
    shell
}

/// Identities and how many are in each.
async fn lists(shell: &Shell, line: &str) -> Vec<(String, u64)> {
    let all = shell.objects(line).await;
    let all = all.as_array().unwrap().iter();
    let told = |list: &Value| {
        (list["Identity"].as_str().unwrap().to_owned(), list["MemberCount"].as_u64().unwrap())
    };
    all.map(told).collect()
}

fn expected(all: &[(&str, u64)]) -> Vec<(String, u64)> {
    all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

const DEFAULTS: [(&str, u64); 4] = [
    ("\\All Contacts", 0),
    ("\\All Distribution Lists", 1),
    ("\\All Rooms", 1),
    ("\\All Users", 3),
];

#[tokio::test]
async fn the_default_lists_show_who_is_not_hidden() {
    let shell = with_people().await;
    assert_eq!(lists(&shell, "Get-AddressList").await, expected(&DEFAULTS));
    let global = [("Default Global Address List", 4)];
    assert_eq!(lists(&shell, "Get-GlobalAddressList").await, expected(&global));
    shell.run("Set-MailContact Frida -HiddenFromAddressListsEnabled $false").await.unwrap();
    assert_eq!(lists(&shell, "Get-AddressList").await[0].1, 1);
    assert_eq!(lists(&shell, "Get-GlobalAddressList").await[0].1, 5);
    let filter = shell.objects("Get-AddressList").await[2]["RecipientFilter"].clone();
    let preview = ["Get-Recipient", "-RecipientPreviewFilter", filter.as_str().unwrap(), "--json"];
    let shown: Value = serde_json::from_str(&shell.run_words(preview).await.unwrap()).unwrap();
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["Alias"]), (1, &json!("Hall")));
}

#[tokio::test]
async fn an_address_list_from_making_to_removing() {
    let shell = with_people().await;
    shell.run("New-AddressList Places").await.unwrap();
    let new = "New-AddressList Sales -Container \\places -IncludedRecipients MailboxUsers \
        -ConditionalDepartment Sales -DisplayName Selling";
    shell.run(new).await.unwrap();
    let inside = [("\\Places\\Sales", 1)];
    assert_eq!(lists(&shell, "Get-AddressList -Container \\places").await, expected(&inside));
    let sales = shell.objects("Get-AddressList sales").await[0].clone();
    for (name, value) in [("Name", "Sales"), ("Container", "\\Places"), ("DisplayName", "Selling")]
    {
        assert_eq!(sales[name], value, "{name}");
    }
    let words = ["Set-AddressList", "Sales", "-RecipientFilter", "Alias -like '*n*'"];
    shell.run_words(words).await.unwrap();
    assert_eq!(
        lists(&shell, "Update-AddressList Sales").await,
        expected(&[("\\Places\\Sales", 2)])
    );
    let all = lists(&shell, "Get-AddressList -Container \\").await;
    assert_eq!(all.len(), DEFAULTS.len() + 1, "{all:?}");
    let inside = shell.run("Remove-AddressList \\Places -Confirm:$false").await.unwrap_err();
    assert_eq!(inside, "there are lists in \\Places: see -Recursive");
    let asked = shell.run("Remove-AddressList Places -Recursive -WhatIf").await.unwrap();
    assert!(asked.contains("\\Places\\Sales") && asked.contains("\\Places."), "{asked}");
    shell.run("Remove-AddressList Places -Recursive -Confirm:$false").await.unwrap();
    assert_eq!(lists(&shell, "Get-AddressList").await, expected(&DEFAULTS));
}

#[tokio::test]
async fn a_global_address_list_from_making_to_removing() {
    let shell = with_people().await;
    shell.run("New-GlobalAddressList People -IncludedRecipients MailboxUsers").await.unwrap();
    assert_eq!(lists(&shell, "Get-GlobalAddressList people").await, expected(&[("People", 3)]));
    shell.run("Set-GlobalAddressList People -IncludedRecipients Resources").await.unwrap();
    assert_eq!(lists(&shell, "Get-GlobalAddressList people").await, expected(&[("People", 1)]));
    let exported = shell.shown("Export-Configuration", "Document").await;
    assert!(exported.as_str().unwrap().contains("[[GlobalAddressList]]\nName = \"People\""));
    shell.run("Remove-GlobalAddressList People -Confirm:$false").await.unwrap();
    let gone = shell.run("Get-GlobalAddressList People").await.unwrap_err();
    assert_eq!(gone, "GlobalAddressList \"People\" could not be found");
}

#[tokio::test]
async fn bad_lists_are_refused() {
    let mut shell = with_people().await;
    shell.run("New-AddressList Places").await.unwrap();
    shell.run("New-AddressList Places -Container Places").await.unwrap();
    for (line, expected) in [
        ("New-AddressList places", "AddressList \\places is there already"),
        ("New-AddressList a\\b", "is no name: see -Container"),
        ("New-AddressList x -Container \\Nowhere", "\"\\\\Nowhere\" could not be found"),
        ("New-AddressList x -ConditionalDepartment Sales", "IncludedRecipients is missing"),
        ("New-GlobalAddressList x", "RecipientFilter or IncludedRecipients is missing"),
        ("Set-AddressList Rooms -DisplayName x", "could not be found"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let by_path = lists(&shell, "Get-AddressList \\Places\\Places").await;
    assert_eq!(by_path, expected(&[("\\Places\\Places", 0)]));
    let gal = "Default Global Address List";
    for (words, expected) in [
        (&["Remove-AddressList", "All Rooms", "-Confirm:$false"][..], "it cannot be removed"),
        (&["Remove-GlobalAddressList", gal, "-Confirm:$false"], "it cannot be removed"),
        (&["Set-GlobalAddressList", gal, "-IncludedRecipients", "Resources"], "cannot be changed"),
        (&["Get-AddressList", "places", "--json"], "could be any of"),
    ] {
        let refused = shell.run_words(words.iter().copied()).await.unwrap_err();
        assert!(refused.contains(expected), "{words:?}: {refused}");
    }
    shell.becomes(RoleGroup::RecipientManagement);
    assert!(shell.run("Get-AddressList").await.is_ok());
    for line in ["New-AddressList x", "New-GlobalAddressList x -IncludedRecipients Resources"] {
        assert_eq!(shell.run(line).await.unwrap_err(), "the role Address Lists is needed");
    }
}
