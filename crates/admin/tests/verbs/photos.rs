//! Photos of people.

use admin::verb::RoleGroup;

use crate::shell::Shell;

/// The first octets of a JPEG, and of a GIF.
const JPEG: &str = "/9j/4AAQSkZJRg==";
const GIF: &str = "R0lGODlhAQABAA==";

#[tokio::test]
async fn a_photo_is_set_shown_and_removed() {
    let mut shell = Shell::new().await;
    shell.run("New-Mailbox anna -Password secret-1").await.unwrap();
    let none = shell.run("Get-UserPhoto anna").await.unwrap_err();
    assert_eq!(none, "photo of \"anna\" could not be found");
    let set = format!("Set-UserPhoto anna -PictureData {JPEG}");
    let asked = shell.run(&format!("{set} -WhatIf")).await.unwrap();
    assert_eq!(asked, "What if: Setting the photo of anna@example.test.\n");
    assert!(shell.run("Get-UserPhoto anna").await.is_err());
    shell.run(&set).await.unwrap();
    let photo = shell.objects("Get-UserPhoto anna").await[0].clone();
    assert_eq!(photo["PictureData"], JPEG);
    assert_eq!((&photo["MediaType"], &photo["Size"]), (&"image/jpeg".into(), &10.into()));
    shell.run("Remove-UserPhoto anna -Confirm:$false").await.unwrap();
    assert!(shell.run("Get-UserPhoto anna").await.is_err());
    shell.becomes(RoleGroup::RecipientManagement);
    shell.run(&set).await.unwrap();
    shell.becomes(RoleGroup::ViewOnlyOrganizationManagement);
    assert_eq!(shell.run(&set).await.unwrap_err(), "the role User Options is needed");
    assert!(shell.run("Get-UserPhoto anna").await.is_ok());
}

#[tokio::test]
async fn what_is_no_photo_is_refused() {
    let shell = Shell::new().await;
    shell.run("New-Mailbox anna -Password secret-1").await.unwrap();
    shell.run("New-DistributionGroup Staff").await.unwrap();
    for (line, expected) in [
        (format!("Set-UserPhoto anna -PictureData {GIF}"), "a photo is a JPEG or a PNG"),
        ("Set-UserPhoto anna -PictureData photo.jpg".to_owned(), "a photo in base64"),
        ("Set-UserPhoto anna".to_owned(), "PictureData"),
        (format!("Set-UserPhoto Staff -PictureData {JPEG}"), "user \"Staff\" could not be found"),
    ] {
        let refused = shell.run(&line).await.unwrap_err();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
}
