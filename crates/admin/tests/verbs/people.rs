//! What is known of recipients, filters over it, and groups and previews by filter.

use serde_json::{Value, json};

use crate::shell::Shell;

async fn with_people() -> Shell {
    let shell = Shell::new().await;
    for name in ["alice", "bob"] {
        shell.run(&format!("New-Mailbox {name} -Password secret-1")).await.unwrap();
    }
    shell.run("New-MailContact frida -ExternalEmailAddress f@far.test").await.unwrap();
    shell.run("Set-User alice -Department Sales -City Bern -Phone 123").await.unwrap();
    shell.run("Set-User bob -Department Sales -Manager alice").await.unwrap();
    shell
}

/// The aliases of the recipients that a verb shows.
async fn aliases(shell: &Shell, words: &[&str]) -> Vec<String> {
    let words = words.iter().copied().chain(["--json"]);
    let shown: Value = serde_json::from_str(&shell.run_words(words).await.unwrap()).unwrap();
    let alias = |each: &Value| each["Identity"].as_str().unwrap().to_owned();
    shown.as_array().unwrap().iter().map(alias).collect()
}

#[tokio::test]
async fn what_is_known_of_somebody_is_set_shown_and_cleared() {
    let shell = with_people().await;
    let alice = shell.objects("Get-User alice").await[0].clone();
    assert_eq!((&alice["Department"], &alice["City"]), (&json!("Sales"), &json!("Bern")));
    assert_eq!((&alice["Company"], &alice["Manager"]), (&json!(null), &json!(null)));
    assert_eq!(shell.shown("Get-User bob", "Manager").await, "alice@example.test");
    shell.run("Set-User alice -City $null").await.unwrap();
    assert_eq!(shell.shown("Get-User alice", "City").await, Value::Null);
    shell.run("Set-User bob -Manager $null -DisplayName Bob").await.unwrap();
    let bob = shell.objects("Get-User bob").await[0].clone();
    assert_eq!((&bob["Manager"], &bob["DisplayName"]), (&json!(null), &json!("Bob")));
    shell.run("Set-Contact frida -Company Far -FirstName Frida").await.unwrap();
    assert_eq!(shell.shown("Get-Contact frida", "Company").await, "Far");
    assert_eq!(shell.shown("Get-Recipient frida", "Company").await, "Far");
    let log = shell.objects("Search-AdminAuditLog -Cmdlets Set-User").await;
    assert!(log.to_string().contains("City"), "{log}");
}

#[tokio::test]
async fn custom_attributes_are_of_every_kind() {
    let shell = with_people().await;
    shell.run("New-DistributionGroup Staff").await.unwrap();
    shell
        .run("New-MailUser mia -ExternalEmailAddress m@far.test -Password secret-1")
        .await
        .unwrap();
    for (set, get) in [
        ("Set-Mailbox alice", "Get-Mailbox alice"),
        ("Set-MailContact frida", "Get-MailContact frida"),
        ("Set-MailUser mia", "Get-MailUser mia"),
        ("Set-DistributionGroup staff", "Get-DistributionGroup staff"),
    ] {
        let line = format!("{set} -CustomAttribute1 x -CustomAttribute15 y");
        shell.run(&line).await.unwrap();
        let shown = shell.objects(get).await[0].clone();
        let customs = (&shown["CustomAttribute1"], &shown["CustomAttribute15"]);
        assert_eq!(customs, (&json!("x"), &json!("y")), "{get}");
        assert_eq!(shown["CustomAttribute2"], Value::Null);
    }
}

#[tokio::test]
async fn bad_attributes_are_refused() {
    let shell = with_people().await;
    for (line, expected) in [
        ("Set-User frida -City x", "user \"frida\" could not be found"),
        ("Set-Contact alice -City x", "contact \"alice\" could not be found"),
        ("Set-User alice -Manager nobody", "recipient \"nobody\" could not be found"),
        ("Set-User alice -Manager alice", "nobody reports to themselves"),
        ("Set-User alice -Color red", "unexpected argument '--color'"),
    ] {
        let refused = shell.run(line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let told = shell.run("Set-User alice -City Basel -WhatIf").await.unwrap();
    assert!(told.starts_with("What if: Changing user alice@example.test"), "{told}");
    assert_eq!(shell.shown("Get-User alice", "City").await, "Bern");
}

#[tokio::test]
async fn recipients_are_found_by_filter() {
    let shell = with_people().await;
    let sales = "{Department -eq 'sales' -and City -eq $null}";
    assert_eq!(aliases(&shell, &["Get-Recipient", "-Filter", sales]).await, ["bob"]);
    let preview = ["Get-Recipient", "-RecipientPreviewFilter", "Manager -eq 'alice'"];
    assert_eq!(aliases(&shell, &preview).await, ["bob"]);
    let words = ["Get-Recipient", "-Filter", "Color -eq 'red'"];
    let refused = shell.run_words(words).await.unwrap_err();
    assert!(refused.contains("they have no Color"), "{refused}");
}

#[tokio::test]
async fn a_dynamic_group_from_making_to_removing() {
    let shell = with_people().await;
    let get = "Get-DynamicDistributionGroup sales";
    let filter = "{Department -eq 'Sales'}";
    let new = ["New-DynamicDistributionGroup", "Sales", "-RecipientFilter", filter];
    shell.run_words(new).await.unwrap();
    let made = shell.objects(get).await[0].clone();
    assert_eq!(made["RecipientFilter"], filter);
    assert_eq!(made["RecipientTypeDetails"], "DynamicDistributionGroup");
    assert_eq!(made["PrimarySmtpAddress"], "Sales@example.test");
    assert_eq!(made["RequireSenderAuthenticationEnabled"], true);
    assert_eq!(aliases(&shell, &["Get-DistributionGroup"]).await, [""; 0], "is none with a list");
    let words = [
        "Set-DynamicDistributionGroup",
        "sales",
        "-IncludedRecipients",
        "MailboxUsers,MailContacts",
        "-ConditionalDepartment",
        "Sales",
        "-ConditionalCompany",
        "O'Hara,Far",
        "-RequireSenderAuthenticationEnabled",
        "$false",
        "-CustomAttribute3",
        "z",
    ];
    shell.run_words(words).await.unwrap();
    let set = shell.objects(get).await[0].clone();
    assert_eq!(
        set["RecipientFilter"],
        "(RecipientType -eq 'UserMailbox' -or RecipientType -eq 'MailContact') -and \
         Department -eq 'Sales' -and (Company -eq 'O''Hara' -or Company -eq 'Far')"
    );
    assert_eq!(set["RequireSenderAuthenticationEnabled"], false);
    assert_eq!(set["CustomAttribute3"], "z");
    shell.run("Remove-DynamicDistributionGroup sales -Confirm:$false").await.unwrap();
    let gone = shell.run(get).await.unwrap_err();
    assert_eq!(gone, "dynamic distribution group \"sales\" could not be found");
}

#[tokio::test]
async fn bad_dynamic_groups_are_refused() {
    let shell = with_people().await;
    let new = "New-DynamicDistributionGroup Sales";
    for (more, expected) in [
        ("", "RecipientFilter or IncludedRecipients is missing"),
        ("-ConditionalDepartment Sales", "IncludedRecipients is missing"),
        ("-IncludedRecipients Everybody", "[possible values: AllRecipients"),
        ("-RecipientFilter Alias", "an operator"),
    ] {
        let refused = shell.run(format!("{new} {more}").trim()).await.unwrap_err();
        assert!(refused.contains(expected), "{more}: {refused}");
    }
    let both = ["-RecipientFilter", "Alias -ne $null", "-IncludedRecipients", "Resources"];
    let words = ["New-DynamicDistributionGroup", "Sales"].into_iter().chain(both);
    let refused = shell.run_words(words).await.unwrap_err();
    assert_eq!(refused, "say RecipientFilter or IncludedRecipients, not both");
    shell.run("New-DistributionGroup Staff").await.unwrap();
    let kind = shell.run("Set-DynamicDistributionGroup staff -DisplayName x").await.unwrap_err();
    assert_eq!(kind, "dynamic distribution group \"staff\" could not be found");
}
