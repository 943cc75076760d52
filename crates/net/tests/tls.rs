//! Certificates, handshakes and what a handshake tells, over connections in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use net::stream::UpgradeError;
use net::tls::{
    Authority, ChallengeCertificates, Issued, PinnedCertificates, Roots, ServerTlsOptions,
    TlsVersion, self_signed,
};
use net::{CertificateStore, ClientTls, LineStream, ServerTls, Stream, TlsInfo};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::limits::TLS_HANDSHAKE_SECS_MAX;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn write(directory: &Path, stem: &str, issued: &Issued) {
    fs::write(directory.join(format!("{stem}.crt")), &issued.chain_pem).unwrap();
    fs::write(directory.join(format!("{stem}.key")), &issued.key_pem).unwrap();
}

fn server(store: CertificateStore) -> (Arc<CertificateStore>, ServerTls) {
    let store = Arc::new(store);
    let tls = ServerTls::new(Arc::clone(&store), &ServerTlsOptions::default()).unwrap();
    (store, tls)
}

/// Shakes hands in memory; both ends, or the client's error.
async fn handshake(
    tls: &ServerTls,
    client_tls: &ClientTls,
    name: &str,
) -> Result<(Stream, Stream), UpgradeError> {
    let (mut client, mut server) = Stream::pair(64 * 1024);
    let (accepted, connected) =
        tokio::join!(server.start_tls_server(tls), client.start_tls_client(name, client_tls));
    connected?;
    accepted?;
    Ok((client, server))
}

/// The names in the certificate that the server shows for this name.
async fn shown(tls: &ServerTls, name: &str) -> Vec<u8> {
    let (client, _) = handshake(tls, &ClientTls::opportunistic().unwrap(), name).await.unwrap();
    client.tls_info().unwrap().peer_certificates[0].to_vec()
}

fn der_of(issued: &Issued) -> Vec<u8> {
    use rustls_pki_types::pem::PemObject;
    rustls_pki_types::CertificateDer::from_pem_slice(issued.chain_pem.as_bytes()).unwrap().to_vec()
}

#[tokio::test]
async fn a_new_server_has_tls_at_once_and_keeps_its_certificate() {
    let directory = TempDir::new().unwrap();
    let wanted = names(&["mail.a.test", "localhost", "127.0.0.1"]);
    let open = |names: &[String]| {
        CertificateStore::open_or_generate(directory.path(), names, None).unwrap()
    };
    let first = open(&wanted).certificates();
    assert_eq!(first[0].names, wanted);
    assert_eq!(open(&wanted).certificates(), first, "kept over restarts");
    let key = fs::metadata(directory.path().join("generated.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let more = open(&names(&["mail.a.test", "autodiscover.a.test"])).certificates();
    assert_ne!(more, first, "made anew for a new name");
    fs::write(directory.path().join("generated.key"), "half writ").unwrap();
    open(&wanted);
}

#[tokio::test]
async fn a_handshake_tells_its_facts_to_both_sides() {
    let directory = TempDir::new().unwrap();
    let store =
        CertificateStore::open_or_generate(directory.path(), &names(&["mail.a.test"]), None);
    let (_, tls) = server(store.unwrap());
    let opportunistic = ClientTls::opportunistic().unwrap();
    let (mut client, mut server) = handshake(&tls, &opportunistic, "mail.a.test").await.unwrap();
    let TlsInfo { version, cipher, server_name, peer_certificates } = server.tls_info().unwrap();
    assert_eq!((version, server_name.as_deref()), (TlsVersion::Tls13, Some("mail.a.test")));
    assert!(cipher.starts_with("TLS_") && peer_certificates.is_empty(), "{cipher}");
    assert_eq!(client.tls_info().unwrap().peer_certificates.len(), 1);
    let binding = client.channel_binding().unwrap();
    assert_eq!(server.channel_binding().unwrap(), binding);
    assert_ne!(binding, [0; 32]);
    client.write_all(b"EHLO").await.unwrap();
    client.shutdown().await.unwrap();
    let mut got = Vec::new();
    server.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, b"EHLO");
    assert!(matches!(server.start_tls_server(&tls).await, Err(UpgradeError::Order)));
}

#[tokio::test]
async fn the_demonstration_authority_is_kept_and_makes_servers_trusted() {
    let directory = TempDir::new().unwrap();
    let (ca, certificates) = (directory.path().join("ca"), directory.path().join("certificates"));
    let authority = Authority::open_or_create(&ca, "Demo CA").unwrap();
    let again = Authority::open_or_create(&ca, "Another name").unwrap();
    assert_eq!(again.certificate_pem(), authority.certificate_pem());
    let wanted = names(&["mail.a.test", "localhost", "127.0.0.1"]);
    let store = CertificateStore::open_or_generate(&certificates, &wanted, Some(&again));
    let (_, tls) = server(store.unwrap());
    let trusting = ClientTls::verified(&Roots::File(authority.certificate_file())).unwrap();
    for name in ["mail.a.test", "localhost", "127.0.0.1"] {
        handshake(&tls, &trusting, name).await.unwrap();
    }
    let other_name = handshake(&tls, &trusting, "other.test").await.unwrap_err();
    assert!(matches!(other_name, UpgradeError::Handshake(_)));
    let other = Authority::open_or_create(&directory.path().join("other"), "Demo CA").unwrap();
    let distrusting = ClientTls::verified(&Roots::File(other.certificate_file())).unwrap();
    assert!(handshake(&tls, &distrusting, "mail.a.test").await.is_err());
}

#[tokio::test]
async fn certificates_are_chosen_by_name_and_reloaded() {
    let directory = TempDir::new().unwrap();
    let exact = self_signed(&names(&["mail.a.test"])).unwrap();
    let wildcard = self_signed(&names(&["*.a.test"])).unwrap();
    let ours = self_signed(&names(&["server.local"])).unwrap();
    write(directory.path(), "b-exact", &exact);
    write(directory.path(), "z-wildcard", &wildcard);
    write(directory.path(), "generated", &ours);
    let (store, tls) = server(CertificateStore::open(directory.path()).unwrap());
    for (name, expected) in [
        ("mail.a.test", &exact),
        ("MAIL.A.test", &exact),
        ("imap.a.test", &wildcard),
        ("deep.imap.a.test", &exact),
        ("a.test", &exact),
        ("server.local", &ours),
        ("unknown.example", &exact),
        ("127.0.0.1", &exact),
    ] {
        assert_eq!(shown(&tls, name).await, der_of(expected), "{name}");
    }
    assert!(!store.reload().unwrap(), "nothing changed");
    let renewed = self_signed(&names(&["mail.a.test", "mail.b.test"])).unwrap();
    write(directory.path(), "b-exact", &renewed);
    assert!(store.reload().unwrap());
    assert_eq!(shown(&tls, "mail.b.test").await, der_of(&renewed), "without a new ServerTls");
}

#[tokio::test]
async fn damaged_certificates_are_named_and_leave_the_old_ones_in_use() {
    let directory = TempDir::new().unwrap();
    let good = self_signed(&names(&["mail.a.test"])).unwrap();
    let other = self_signed(&names(&["mail.a.test"])).unwrap();
    assert!(CertificateStore::open(directory.path()).is_err(), "none at all");
    write(directory.path(), "mail", &good);
    let (store, tls) = server(CertificateStore::open(directory.path()).unwrap());
    for (chain, key) in [
        (other.chain_pem.as_str(), good.key_pem.as_str()),
        ("", good.key_pem.as_str()),
        ("rubbish of another length", good.key_pem.as_str()),
        (good.chain_pem.as_str(), "no key"),
    ] {
        let damaged = Issued { chain_pem: chain.to_owned(), key_pem: key.to_owned() };
        write(directory.path(), "mail", &damaged);
        let error = store.reload().unwrap_err().to_string();
        assert!(error.contains("mail."), "{error}");
        assert_eq!(shown(&tls, "mail.a.test").await, der_of(&good));
    }
}

#[tokio::test]
async fn what_an_authority_issued_last_is_shown_and_takes_the_place_of_the_earlier() {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    let store = CertificateStore::open_or_generate(path, &names(&["mail.a.test"]), None).unwrap();
    assert_eq!(CertificateStore::obtained(path).unwrap(), None);
    let (store, tls) = server(store);
    for number in [1, 2] {
        let issued = self_signed(&names(&["mail.a.test"])).unwrap();
        let info = CertificateStore::put_obtained(path, &issued).unwrap();
        assert_eq!(info.file, path.join(format!("acme-{number}.crt")));
        assert!(store.reload().unwrap());
        assert_eq!(shown(&tls, "mail.a.test").await, der_of(&issued), "{number}");
        assert_eq!(CertificateStore::obtained(path).unwrap(), Some(info));
        let key = fs::metadata(path.join(format!("acme-{number}.key"))).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
    let mut left: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["acme-2.crt", "acme-2.key", "generated.crt", "generated.key"]);
    // A crash left two, and more than nine have been there: the number counts, not the letters.
    for number in [9, 10] {
        write(path, &format!("acme-{number}"), &self_signed(&names(&["mail.a.test"])).unwrap());
    }
    let newest = CertificateStore::obtained(path).unwrap().unwrap();
    assert_eq!(newest.file, path.join("acme-10.crt"));
}

#[tokio::test]
async fn what_does_not_belong_together_is_not_kept() {
    let directory = TempDir::new().unwrap();
    let [good, other] = [(); 2].map(|()| self_signed(&names(&["mail.a.test"])).unwrap());
    CertificateStore::put_obtained(directory.path(), &good).unwrap();
    let mixed = Issued { key_pem: other.key_pem, ..good };
    assert!(CertificateStore::put_obtained(directory.path(), &mixed).is_err());
    let left = CertificateStore::obtained(directory.path()).unwrap().unwrap();
    assert_eq!(left.file, directory.path().join("acme-1.crt"));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

/// Whether the server has no certificate for the name. What the client says does not count: a
/// challenge's has an extension that only authorities take.
async fn refused(tls: &ServerTls, name: &str) -> bool {
    let (mut client, mut server) = Stream::pair(64 * 1024);
    let client_tls = ClientTls::opportunistic().unwrap();
    let connect = client.start_tls_client(name, &client_tls);
    let (accepted, _) = tokio::join!(server.start_tls_server(tls), connect);
    accepted.is_err_and(|error| error.to_string().contains("no server certificate"))
}

#[tokio::test]
async fn an_authority_is_shown_its_challenge_and_others_nothing() {
    let certificates = Arc::new(ChallengeCertificates::default());
    certificates.show("mail.a.test", &[7; 32]).unwrap();
    let tls = ServerTls::for_challenges(Arc::clone(&certificates)).unwrap();
    assert!(!refused(&tls, "mail.a.test").await);
    assert!(refused(&tls, "imap.a.test").await);
    certificates.hide("mail.a.test");
    assert!(refused(&tls, "mail.a.test").await);
}

#[tokio::test]
async fn rubbish_instead_of_a_handshake_leaves_nothing_to_read() {
    let directory = TempDir::new().unwrap();
    let store =
        CertificateStore::open_or_generate(directory.path(), &names(&["mail.a.test"]), None);
    let (_, tls) = server(store.unwrap());
    let (mut client, mut server) = Stream::pair(1000);
    client.write_all(b"EHLO client.example\r\n").await.unwrap();
    let error = server.start_tls_server(&tls).await.unwrap_err();
    assert!(matches!(error, UpgradeError::Handshake(_)));
    assert!(server.read_u8().await.is_err());
    assert!(server.write_all(b"in the clear?").await.is_err());
    assert!(server.tls_info().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_is_given_up() {
    let directory = TempDir::new().unwrap();
    let store =
        CertificateStore::open_or_generate(directory.path(), &names(&["mail.a.test"]), None);
    let (_, tls) = server(store.unwrap());
    let client_tls = ClientTls::opportunistic().unwrap();
    let began = tokio::time::Instant::now();
    let (mut near, _silent) = Stream::pair(1000);
    let as_server = near.start_tls_server(&tls).await.unwrap_err();
    let (mut near, _silent) = Stream::pair(1000);
    let as_client = near.start_tls_client("mail.a.test", &client_tls).await.unwrap_err();
    for error in [as_server, as_client] {
        assert!(matches!(error, UpgradeError::Timeout), "{error}");
    }
    assert_eq!(began.elapsed().as_secs(), 2 * TLS_HANDSHAKE_SECS_MAX);
}

#[tokio::test]
async fn lines_cross_tls_and_compression() {
    let directory = TempDir::new().unwrap();
    let store =
        CertificateStore::open_or_generate(directory.path(), &names(&["mail.a.test"]), None);
    let (_, tls) = server(store.unwrap());
    let opportunistic = ClientTls::opportunistic().unwrap();
    let (client, server) = handshake(&tls, &opportunistic, "mail.a.test").await.unwrap();
    let (mut client, mut server) = (LineStream::new(client), LineStream::new(server));
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    client.start_deflate().await.unwrap();
    server.start_deflate().await.unwrap();
    assert!(server.get_ref().is_tls() && server.get_ref().is_deflate());
    for round in 0..10 {
        client.put(format!("a{round} NOOP\r\n").as_bytes()).await.unwrap();
        client.flush().await.unwrap();
        assert_eq!(server.line(100, deadline).await.unwrap(), format!("a{round} NOOP"));
        server.put(b"OK\r\n").await.unwrap();
        server.flush().await.unwrap();
        assert_eq!(client.line(100, deadline).await.unwrap(), "OK");
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate_only_when_asked_and_only_if_it_has_one() {
    let directory = TempDir::new().unwrap();
    let store =
        CertificateStore::open_or_generate(directory.path(), &names(&["mail.a.test"]), None);
    let (store, silent) = server(store.unwrap());
    let options = ServerTlsOptions { ask_client_certificate: true, ..Default::default() };
    let asking = ServerTls::new(Arc::clone(&store), &options).unwrap();
    let without = ClientTls::opportunistic().unwrap();
    let with = without.presenting(store);
    for (server_tls, client_tls, expected) in
        [(&silent, &with, 0), (&asking, &without, 0), (&asking, &with, 1)]
    {
        let (_, server) = handshake(server_tls, client_tls, "mail.a.test").await.unwrap();
        assert_eq!(server.tls_info().unwrap().peer_certificates.len(), expected);
    }
}

#[tokio::test]
async fn direct_trust_is_in_the_certificate_itself() {
    let directory = TempDir::new().unwrap();
    let authority = Authority::open_or_create(directory.path(), "Test CA").unwrap();
    let ours = authority.issue(&names(&["mail.a.test"])).unwrap();
    let namesake = authority.issue(&names(&["mail.a.test"])).unwrap();
    let certificates = directory.path().join("certificates");
    fs::create_dir(&certificates).unwrap();
    write(&certificates, "mail", &ours);
    let (_, tls) = server(CertificateStore::open(&certificates).unwrap());
    let any = ClientTls::opportunistic().unwrap();
    let (client, server) = handshake(&tls, &any, "mail.a.test").await.unwrap();
    let connection = client.tls_info().unwrap();
    let both = format!("{}{}", namesake.chain_pem, ours.chain_pem);
    for (pem, expected) in [
        (ours.chain_pem.as_str(), true),
        (both.as_str(), true),
        (namesake.chain_pem.as_str(), false),
        (authority.certificate_pem(), false),
    ] {
        let pinned = PinnedCertificates::from_pem(pem.as_bytes()).unwrap();
        assert_eq!(pinned.include_peer_of(&connection), expected);
        assert!(!pinned.include_peer_of(&server.tls_info().unwrap()), "it showed none");
    }
    assert!(PinnedCertificates::from_pem(b"").is_err());
    assert!(PinnedCertificates::from_pem(ours.key_pem.as_bytes()).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_watch_notices_a_renewed_certificate_and_ends_with_the_server() {
    let directory = TempDir::new().unwrap();
    write(directory.path(), "mail", &self_signed(&names(&["mail.a.test"])).unwrap());
    let store = Arc::new(CertificateStore::open(directory.path()).unwrap());
    let (trigger, shutdown) = net::Shutdown::new();
    let watched = Arc::clone(&store);
    let minute = std::time::Duration::from_secs(60);
    let watch = tokio::spawn(async move { watched.watch(minute, shutdown).await });
    write(directory.path(), "mail", &self_signed(&names(&["mail.a.test", "b.test"])).unwrap());
    tokio::time::sleep(2 * minute).await;
    assert_eq!(store.certificates()[0].names, ["mail.a.test", "b.test"]);
    trigger.shut_down();
    watch.await.unwrap();
}

#[test]
fn an_administrators_certificate_is_installed_for_its_names() {
    let directory = tempfile::tempdir().unwrap();
    let issued = self_signed(&names(&["*.a.test", "b.test"])).unwrap();
    let (chain, key) = (directory.path().join("chain"), directory.path().join("key"));
    fs::write(&chain, issued.chain_pem).unwrap();
    fs::write(&key, issued.key_pem).unwrap();
    let certificates = directory.path().join("certificates");
    let info = CertificateStore::install(&certificates, "mail.a.test", &chain, &key).unwrap();
    for (name, expected) in
        [("mail.a.test", true), ("B.test", true), ("a.test", false), ("x.mail.a.test", false)]
    {
        assert_eq!(info.is_for(name), expected, "{name}");
    }
    assert_eq!(CertificateStore::open(&certificates).unwrap().certificates().len(), 1);
}
