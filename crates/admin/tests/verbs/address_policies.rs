//! E-mail address policies.

use admin::verb::RoleGroup;
use serde_json::{Value, json};

use crate::shell::Shell;

const SALES: [&str; 8] = [
    "New-EmailAddressPolicy",
    "Sales",
    "-IncludedRecipients",
    "MailboxUsers",
    "-ConditionalDepartment",
    "Sales",
    "-EnabledEmailAddressTemplates",
    "SMTP:%g.%s@example.test,smtp:%m@sales.test",
];

/// With the accepted domain sales.test, Anna Lang in sales, and a policy for sales.
async fn with_sales() -> Shell {
    let shell = Shell::new().await;
    shell.run("New-AcceptedDomain sales.test").await.unwrap();
    shell.run("New-Mailbox anna -Password secret-1").await.unwrap();
    shell.run("Set-User anna -FirstName Anna -LastName Lang -Department Sales").await.unwrap();
    shell.run_words(SALES).await.unwrap();
    shell
}

async fn addresses(shell: &Shell, who: &str) -> Value {
    shell.shown(&format!("Get-Recipient {who}"), "EmailAddresses").await
}

/// Names and priorities, in the order in which they are asked.
async fn order(shell: &Shell) -> String {
    let all = shell.objects("Get-EmailAddressPolicy").await;
    let all = all.as_array().unwrap().iter();
    let told = all.map(|one| {
        format!("{} {}", one["Name"].as_str().unwrap(), one["Priority"].as_str().unwrap())
    });
    told.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_new_mailbox_gets_what_the_policies_say_unless_its_address_is_given() {
    let shell = with_sales().await;
    let follows = async |who: &str| {
        shell.shown(&format!("Get-Recipient {who}"), "EmailAddressPolicyEnabled").await
    };
    assert_eq!(addresses(&shell, "anna").await, json!(["SMTP:anna@example.test"]));
    assert_eq!(follows("anna").await, true);
    let given = "New-Mailbox bea -PrimarySmtpAddress bea@sales.test -Password secret-1";
    shell.run(given).await.unwrap();
    assert_eq!(follows("bea").await, false);
    let template = "Set-EmailAddressPolicy";
    let words = [template, "default policy", "-EnabledEmailAddressTemplates", "%d.x@sales.test"];
    shell.run_words(words).await.unwrap();
    shell.run("New-DistributionGroup Staff").await.unwrap();
    assert_eq!(addresses(&shell, "Staff").await, json!(["SMTP:Staff.x@sales.test"]));
    let car = "New-DynamicDistributionGroup Cars -IncludedRecipients Resources";
    shell.run(car).await.unwrap();
    assert_eq!(addresses(&shell, "Cars").await, json!(["SMTP:Cars.x@sales.test"]));
    shell.run("Disable-Mailbox bea -Confirm:$false").await.unwrap();
    shell.run("Enable-Mailbox bea").await.unwrap();
    assert_eq!(addresses(&shell, "bea").await, json!(["SMTP:bea.x@sales.test"]));
    shell.run("New-MailContact Frida -ExternalEmailAddress f@far.test").await.unwrap();
    assert_eq!(follows("Frida").await, true);
    let both = json!(["SMTP:f@far.test", "smtp:Frida.x@sales.test"]);
    assert_eq!(addresses(&shell, "Frida").await, both);
    let user = "New-MailUser Ute -ExternalEmailAddress u@far.test";
    shell.run(user).await.unwrap();
    let both = json!(["SMTP:u@far.test", "smtp:Ute.x@sales.test"]);
    assert_eq!((addresses(&shell, "Ute").await, follows("Ute").await), (both, true.into()));
    let given = "New-MailContact Gil -ExternalEmailAddress g@far.test \
        -PrimarySmtpAddress gil@example.test";
    shell.run(given).await.unwrap();
    assert_eq!(addresses(&shell, "Gil").await, json!(["SMTP:gil@example.test"]));
    assert_eq!(follows("Gil").await, false);
}

#[tokio::test]
async fn what_a_template_uses_changes_the_addresses_of_who_follows() {
    let shell = with_sales().await;
    shell.run("Set-User anna -LastName Berg").await.unwrap();
    let married =
        json!(["SMTP:Anna.Berg@example.test", "smtp:anna@example.test", "smtp:anna@sales.test"]);
    assert_eq!(addresses(&shell, "anna").await, married);
    let own = "Set-Mailbox anna -PrimarySmtpAddress boss@example.test";
    let refused = shell.run(own).await.unwrap_err();
    assert!(refused.contains("say -EmailAddressPolicyEnabled $false"), "{refused}");
    let listed = "Set-Mailbox anna -EmailAddresses SMTP:boss@example.test";
    assert!(shell.run(listed).await.unwrap_err().contains("the e-mail address policies say"));
    shell.run(&format!("{own} -EmailAddressPolicyEnabled $false")).await.unwrap();
    assert_eq!(shell.property("anna", "PrimarySmtpAddress").await, "boss@example.test");
    shell.run("Set-User anna -LastName Cole").await.unwrap();
    assert_eq!(shell.property("anna", "PrimarySmtpAddress").await, "boss@example.test");
    shell.run("Set-Mailbox anna -EmailAddressPolicyEnabled $true").await.unwrap();
    assert_eq!(shell.property("anna", "PrimarySmtpAddress").await, "Anna.Cole@example.test");
}

#[tokio::test]
async fn an_update_changes_all_who_follow_and_notes_each() {
    let shell = with_sales().await;
    shell.run("New-Mailbox ben -Password secret-1").await.unwrap();
    let update = "Update-EmailAddressPolicy sales";
    let told = shell.run(&format!("{update} -WhatIf")).await.unwrap();
    let change = "Changing anna@example.test to SMTP:Anna.Lang@example.test, \
        smtp:anna@example.test, smtp:anna@sales.test";
    assert!(told.contains(change) && !told.contains("ben"), "{told}");
    assert_eq!(addresses(&shell, "anna").await, json!(["SMTP:anna@example.test"]));
    assert_eq!(shell.run(update).await, Ok(String::new()));
    let all =
        json!(["SMTP:Anna.Lang@example.test", "smtp:anna@example.test", "smtp:anna@sales.test"]);
    assert_eq!(addresses(&shell, "anna").await, all);
    assert_eq!(addresses(&shell, "ben").await, json!(["SMTP:ben@example.test"]));
    shell.run("Set-Mailbox ben -EmailAddressPolicyEnabled $false").await.unwrap();
    let own = ["Get-Recipient", "-Filter", "EmailAddressPolicyEnabled -eq $false", "--json"];
    let shown: Value = serde_json::from_str(&shell.run_words(own).await.unwrap()).unwrap();
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["Alias"]), (1, &json!("ben")));
    let wanted = |entry: &directory::AuditEntry| entry.verb == "Update-EmailAddressPolicy";
    let entries = shell.organization.directory.audit_entries(0..u64::MAX, 9, wanted).await.unwrap();
    let objects: Vec<_> = entries.iter().map(|entry| entry.object.as_str()).collect();
    assert_eq!(objects, ["Sales", "anna@example.test"]);
    let modified = &entries[1].modified[0];
    assert_eq!(
        (modified.name.as_str(), modified.old.as_str()),
        ("EmailAddresses", "[\"SMTP:anna@example.test\"]")
    );
    let gone = shell.run("Update-EmailAddressPolicy nobody").await.unwrap_err();
    assert_eq!(gone, "EmailAddressPolicy \"nobody\" could not be found");
}

#[tokio::test]
async fn more_than_a_slice_is_updated() {
    let shell = Shell::new().await;
    let policies = std::sync::Arc::new(directory::AddressPolicies::default());
    let count = types::limits::POLICY_SLICE_RECIPIENTS + 1;
    let new = (0..count).map(|number| {
        let address = format!("u{number}@example.test").parse().unwrap();
        let policies = Some(policies.clone());
        directory::NewMailbox { policies, ..directory::NewMailbox::user(address, "MAIL1", "db") }
    });
    let password = auth::Password::new("secret-1").unwrap();
    shell.organization.directory.create_mailboxes(new.collect(), password).await.unwrap();
    let default = ["Set-EmailAddressPolicy", "Default Policy"];
    let words =
        default.into_iter().chain(["-EnabledPrimarySMTPAddressTemplate", "all@example.test"]);
    shell.run_words(words).await.unwrap();
    let before = shell.organization.directory.snapshot().change().0;
    shell.run_words(["Update-EmailAddressPolicy", "Default Policy"]).await.unwrap();
    let snapshot = shell.organization.directory.snapshot();
    assert_eq!(snapshot.change().0, before + 2, "a transaction a slice");
    let changed =
        snapshot.recipients().filter(|each| each.primary.local.as_str().starts_with("all"));
    assert_eq!(changed.count(), count);
}

#[tokio::test]
async fn policies_are_ordered_changed_and_removed() {
    let shell = with_sales().await;
    for name in ["B", "C"] {
        let new = format!(
            "New-EmailAddressPolicy {name} -IncludedRecipients MailGroups -Priority 1 \
             -EnabledPrimarySMTPAddressTemplate {name}-%m@example.test"
        );
        shell.run(&new).await.unwrap();
    }
    assert_eq!(order(&shell).await, "C 1, B 2, Sales 3, Default Policy Lowest");
    shell.run("Set-EmailAddressPolicy C -Priority Lowest").await.unwrap();
    assert_eq!(order(&shell).await, "B 1, Sales 2, C 3, Default Policy Lowest");
    shell.run("Set-EmailAddressPolicy C -Name A -Priority 2").await.unwrap();
    assert_eq!(order(&shell).await, "B 1, A 2, Sales 3, Default Policy Lowest");
    shell.run("Remove-EmailAddressPolicy b -Confirm:$false").await.unwrap();
    assert_eq!(order(&shell).await, "A 1, Sales 2, Default Policy Lowest");
    let edit = "Set-EmailAddressPolicy Sales -EnabledEmailAddressTemplates \
        @{Add=\"smtp:%d@sales.test\";Remove=\"smtp:%m@sales.test\"} \
        -DisabledEmailAddressTemplates %1g@sales.test";
    let told = shell.run(edit).await.unwrap();
    assert!(told.contains("after Update-EmailAddressPolicy"), "{told}");
    let sales = shell.objects("Get-EmailAddressPolicy sales").await[0].clone();
    for (name, value) in [
        ("EnabledEmailAddressTemplates", json!(["SMTP:%g.%s@example.test", "smtp:%d@sales.test"])),
        ("EnabledPrimarySmtpAddressTemplate", json!("SMTP:%g.%s@example.test")),
        ("DisabledEmailAddressTemplates", json!(["%1g@sales.test"])),
        ("RecipientFilter", json!("RecipientType -eq 'UserMailbox' -and Department -eq 'Sales'")),
    ] {
        assert_eq!(sales[name], value, "{name}");
    }
    let default = ["Get-EmailAddressPolicy", "Default Policy", "--json"];
    let shown = shell.run_words(default).await.unwrap();
    assert!(shown.contains("SMTP:@example.test"), "{shown}");
    let asked = shell.run("Remove-EmailAddressPolicy Sales -WhatIf").await.unwrap();
    assert_eq!(asked, "What if: Removing EmailAddressPolicy Sales.\n");
    assert_eq!(order(&shell).await, "A 1, Sales 2, Default Policy Lowest");
}

#[tokio::test]
async fn bad_policies_are_refused() {
    let mut shell = with_sales().await;
    let new = "New-EmailAddressPolicy X -IncludedRecipients AllRecipients \
        -EnabledEmailAddressTemplates";
    for (line, expected) in [
        (format!("{new} @far.test"), "far.test is not an accepted domain"),
        (format!("{new} %x@example.test"), "EnabledEmailAddressTemplates: expected a template"),
        (format!("{new} SMTP:@example.test,SMTP:@sales.test"), "one template makes the primary"),
        (new.replace(" X ", " sales ") + " @sales.test", "there is an EmailAddressPolicy sales"),
        (format!("{new} @sales.test -Priority 0"), "Priority: expected a whole number from 1"),
        ("New-EmailAddressPolicy X -IncludedRecipients MailUsers".to_owned(), "is empty"),
        (
            "New-EmailAddressPolicy X -EnabledEmailAddressTemplates @sales.test".to_owned(),
            "RecipientFilter or IncludedRecipients is missing",
        ),
        ("Set-EmailAddressPolicy nobody -Priority 1".to_owned(), "could not be found"),
        ("Remove-AcceptedDomain sales.test -Confirm:$false".to_owned(), "policy Sales makes"),
    ] {
        let refused = shell.run(&line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let default = "Default Policy";
    for (words, expected) in [
        (&["Remove-EmailAddressPolicy", default, "-Confirm:$false"][..], "cannot be removed"),
        (&["Set-EmailAddressPolicy", default, "-Priority", "1"], "are fixed"),
        (&["Set-EmailAddressPolicy", default, "-IncludedRecipients", "MailUsers"], "no filter"),
    ] {
        let refused = shell.run_words(words.iter().copied()).await.unwrap_err();
        assert!(refused.contains(expected), "{words:?}: {refused}");
    }
    assert_eq!(order(&shell).await, "Sales 1, Default Policy Lowest");
    shell.becomes(RoleGroup::RecipientManagement);
    for line in [&format!("{new} @sales.test"), "Update-EmailAddressPolicy Sales"] {
        let refused = shell.run(line).await.unwrap_err();
        assert_eq!(refused, "the role E-Mail Address Policies is needed");
    }
}

#[tokio::test]
async fn policies_are_part_of_the_configuration() {
    let shell = with_sales().await;
    let exported = shell.shown("Export-Configuration", "Document").await;
    let document = exported.as_str().unwrap();
    assert!(document.contains("[[EmailAddressPolicy]]\nName = \"Sales\""), "{document}");
    let other = Shell::new().await;
    let at = document.find("[[EmailAddressPolicy]]").unwrap();
    let alone = ["Import-Configuration", &document[at..], "-Confirm:$false"];
    let refused = other.run_words(alone).await.unwrap_err();
    assert!(refused.contains("sales.test is not an accepted domain"), "{refused}");
    other.run_words(["Import-Configuration", document, "-Confirm:$false"]).await.unwrap();
    assert_eq!(other.shown("Export-Configuration", "Document").await, exported);
    assert_eq!(order(&other).await, "Sales 1, Default Policy Lowest");
}
