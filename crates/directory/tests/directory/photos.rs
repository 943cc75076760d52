//! Photos of people.

use directory::{Directory, Photo};
use store::{Database, Options};

use crate::support::{domain, mailbox, options};

fn photo(last: u8) -> Photo {
    Photo::new(vec![0xff, 0xd8, 0xff, 0xe0, last]).unwrap()
}

#[tokio::test]
async fn a_photo_survives_a_start_and_goes_with_its_recipient() {
    let database = Database::open(Options::memory()).unwrap();
    let open = async || Directory::open(database.clone(), options()).await.unwrap();
    let directory = open().await;
    directory.add_domain(domain("here.test", directory::DomainKind::Authoritative)).await.unwrap();
    let anna = directory.create_mailbox(mailbox("anna@here.test")).await.unwrap();
    let ben = directory.create_mailbox(mailbox("ben@here.test")).await.unwrap();
    assert_eq!(directory.photo(anna).await.unwrap(), None);
    directory.set_photo(anna, Some(photo(1))).await.unwrap();
    directory.set_photo(ben, Some(photo(2))).await.unwrap();
    directory.set_photo(anna, Some(photo(3))).await.unwrap();
    drop(directory);
    let directory = open().await;
    assert_eq!(directory.photo(anna).await.unwrap(), Some(photo(3)));
    directory.remove(anna).await.unwrap();
    assert_eq!(directory.photo(anna).await.unwrap(), None);
    assert!(directory.set_photo(anna, Some(photo(1))).await.is_err());
    directory.set_photo(ben, None).await.unwrap();
    assert_eq!(directory.photo(ben).await.unwrap(), None);
}
