//! Passwords that slapd knows, shown by curl and swaks.

use std::fs;

use net::tls::Authority;

use crate::pull::Trusting;
use crate::support::programs::{Ended, installed, program, run};
use crate::support::server::{Data, Demo};
use crate::support::slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd};
use crate::support::verb::{objects, verb};

const RIGHT: &str = "right, (*) one";
const CURL_OK: i32 = 0;
/// What curl says to a refused login.
const CURL_DENIED: i32 = 67;
const UNTRUSTED: &str = "-AcceptUntrustedCertificates:$true";

/// A demonstration in which the password of dave, whose mailbox is new, is in slapd alone.
struct World<'d> {
    demo: Demo<'d>,
    data: &'d Data,
    slapd: Slapd,
}

impl<'d> World<'d> {
    fn new(data: &'d Data, outside: &std::path::Path) -> Option<Self> {
        if !(installed("curl") && installed("swaks")) {
            return None;
        }
        let demo = data.demo();
        let dave = demo.user("dave");
        let people = [
            ("dave", &*dave, RIGHT),
            ("twin1", "twin@contoso.com", RIGHT),
            ("nobody-here", &demo.user("ghost"), RIGHT),
        ];
        let mut slapd = Slapd::new(outside, &outside.join("authority"), &people)?;
        slapd.start();
        run(&mut verb(data, &["New-Mailbox", "dave", "-Linked"])).well();
        Some(World { demo, data, slapd })
    }

    /// Makes the linked directory, or makes it anew.
    fn link(&self, server: &str, more: &[&str]) {
        let new = ["New-LinkedDirectory", "slapd", "-LinkedDomainControllers", server];
        let name = format!("uid=%u,{BASE}");
        let words = [&new[..], &["-BindName", &name], more].concat();
        run(&mut verb(self.data, &words)).well();
    }

    fn set(&self, words: &[&str]) {
        let words = [&["Set-LinkedDirectory", "slapd"][..], words].concat();
        run(&mut verb(self.data, &words)).well();
    }

    fn unlink(&self) {
        let words = ["Remove-LinkedDirectory", "slapd", "-Confirm:$false"];
        run(&mut verb(self.data, &words)).well();
    }

    fn login(&self, scheme: &str, port: &str, user: &str, password: &str) -> Ended {
        let mut curl = program("curl");
        curl.args(["--silent", "--show-error", "--verbose", "--disable"]);
        curl.arg(format!("{scheme}://{}/", self.demo.address(port)));
        curl.arg("--cacert").arg(self.demo.authority());
        run(curl.args(["--user", &format!("{user}:{password}")]))
    }

    fn imap(&self, password: &str) -> i32 {
        self.login("imaps", "IMAPS_PORT", &self.demo.user("dave"), password).code.unwrap()
    }

    fn submit(&self, password: &str) -> Ended {
        let mut swaks = program("swaks");
        swaks.args(["--server", &self.demo.address("SUBMISSION_PORT"), "--helo", "client.example"]);
        swaks.args(["--from", &self.demo.user("dave"), "--to", &self.demo.user("bob")]);
        swaks.args(["--tls", "--tls-verify", "--tls-ca-path"]).arg(self.demo.authority());
        swaks.args(["--auth-user", &self.demo.user("dave"), "--auth-password", password]);
        run(&mut swaks)
    }
}

#[test]
fn a_password_of_slapd_opens_a_mailbox_here() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    for (scheme, port) in [("imaps", "IMAPS_PORT"), ("pop3s", "POP3S_PORT")] {
        let ended = world.login(scheme, port, &world.demo.user("dave"), RIGHT);
        assert_eq!(ended.code, Some(CURL_DENIED), "{}", ended.text);
        assert!(ended.text.contains("SCRAM-SHA-256"), "{}", ended.text);
    }
    assert!(world.submit(RIGHT).text.contains("SCRAM-SHA-256"));
    world.link(&world.slapd.tls_address(), &[UNTRUSTED]);
    for (scheme, port) in [("imaps", "IMAPS_PORT"), ("pop3s", "POP3S_PORT")] {
        for (user, password, code) in [
            ("dave", RIGHT, CURL_OK),
            ("dave", "wrong", CURL_DENIED),
            // Who is there and not here, and who is not there either.
            ("nobody-here", RIGHT, CURL_DENIED),
            ("ghost", RIGHT, CURL_DENIED),
            (&format!("dave,{BASE}"), RIGHT, CURL_DENIED),
        ] {
            let ended = world.login(scheme, port, &world.demo.user(user), password);
            assert_eq!(ended.code, Some(code), "{scheme} {user} {password}: {}", ended.text);
            assert!(!ended.text.contains("SCRAM"), "{}", ended.text);
        }
    }
    let sent = world.submit(RIGHT).well();
    assert!(!sent.contains("SCRAM") && sent.contains("235 2.7.0"), "{sent}");
    let refused = world.submit("wrong").text;
    assert!(refused.contains("535 5.7.3 "), "{refused}");
    // Who has a password here is not asked about.
    let bob = world.demo.user("bob");
    let local = world.login("imaps", "IMAPS_PORT", &bob, crate::support::server::PASSWORD);
    assert_eq!(local.code, Some(CURL_OK), "{}", local.text);
    let told = run(&mut verb(&data, &["explain", "login", "dave"])).well();
    assert!(told.contains("the linked directory slapd is asked"), "{told}");
    world.unlink();
    assert_eq!(world.imap(RIGHT), CURL_DENIED);
}

#[test]
fn an_empty_password_is_wrong() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    world.link(&world.slapd.tls_address(), &[UNTRUSTED]);
    assert_eq!(world.imap(""), CURL_DENIED);
}

#[test]
fn while_it_does_not_answer_nobody_is_told_that_a_password_is_wrong() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(mut world) = World::new(&data, outside.path()) else { return };
    world.link(&world.slapd.tls_address(), &[UNTRUSTED]);
    world.slapd.stop();
    for _ in 0..20 {
        let ended = world.login("imaps", "IMAPS_PORT", &world.demo.user("dave"), RIGHT);
        assert!(ended.text.contains("[UNAVAILABLE]"), "{}", ended.text);
    }
    let ended = world.login("pop3s", "POP3S_PORT", &world.demo.user("dave"), RIGHT);
    assert!(ended.text.contains("[SYS/TEMP]"), "{}", ended.text);
    let ended = world.submit(RIGHT).text;
    assert!(ended.contains("454 4.7.0 "), "{ended}");
    // None of that counts as a guess.
    world.slapd.start();
    assert_eq!(world.imap(RIGHT), CURL_OK);
    // For a while it is known here.
    world.slapd.stop();
    assert_eq!(world.imap(RIGHT), CURL_OK);
    // Not when it is to be asked otherwise.
    world.set(&["-BindName", &format!("cn=%u,{BASE}")]);
    assert_ne!(world.imap(RIGHT), CURL_OK);
}

#[test]
fn the_server_has_to_be_who_it_should_be() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    world.link(&world.slapd.tls_address(), &[]);
    let refused = world.login("imaps", "IMAPS_PORT", &world.demo.user("dave"), RIGHT);
    assert!(refused.text.contains("[UNAVAILABLE]"), "{}", refused.text);
    world.set(&["-LinkedDomainControllers", &world.slapd.address(), "-Security", "StartTls"]);
    let refused = world.login("imaps", "IMAPS_PORT", &world.demo.user("dave"), RIGHT);
    assert!(refused.text.contains("[UNAVAILABLE]"), "{}", refused.text);
    world.set(&[UNTRUSTED]);
    assert_eq!(world.imap(RIGHT), CURL_OK);
    // slapd takes no password in the clear, and says so; that is no wrong password.
    world.set(&["-Security", "None"]);
    let refused = world.login("imaps", "IMAPS_PORT", &world.demo.user("dave"), RIGHT);
    assert!(refused.text.contains("[UNAVAILABLE]"), "{}", refused.text);
}

#[test]
fn the_first_server_that_answers_is_asked() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    let nobody = format!("localhost:{}", crate::support::ports::free_port());
    world.link(&format!("{nobody},{}", world.slapd.tls_address()), &[UNTRUSTED]);
    assert_eq!(world.imap(RIGHT), CURL_OK);
}

#[test]
fn an_account_may_be_looked_for() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    let file = outside.path().join("password");
    fs::write(&file, format!("{SEARCHER_PASSWORD}\n")).unwrap();
    let file = file.display().to_string();
    let by = ["-SearchBase", BASE, "-SearchBindName", SEARCHER, "-SearchPasswordFile", &file];
    world.link(&world.slapd.tls_address(), &[&by[..], &[UNTRUSTED]].concat());
    assert_eq!(world.imap(RIGHT), CURL_OK);
    assert_eq!(world.imap("wrong"), CURL_DENIED);
    // Nobody's name is more than a name.
    for user in ["*", "dave)(uid=*", "*)(|(uid=*"] {
        let ended = world.login("imaps", "IMAPS_PORT", user, RIGHT);
        assert_eq!(ended.code, Some(CURL_DENIED), "{user}: {}", ended.text);
    }
    // Several are none.
    world.set(&["-SearchFilter", "(|(mail=%s)(uid=twin1))"]);
    assert_eq!(world.imap(RIGHT), CURL_DENIED);
    world.set(&["-SearchFilter", "(&(objectClass=inetOrgPerson)(uid=%u))"]);
    assert_eq!(world.imap(RIGHT), CURL_OK);
    // Who looks has to get in.
    fs::write(&file, "another\n").unwrap();
    world.set(&["-SearchFilter", "(uid=%u)"]);
    let ended = world.login("imaps", "IMAPS_PORT", &world.demo.user("dave"), RIGHT);
    assert!(ended.text.contains("[UNAVAILABLE]"), "{}", ended.text);
}

#[test]
fn a_mailbox_that_has_a_password_can_be_linked() {
    let (data, outside) = (Data::new(), tempfile::tempdir().unwrap());
    let Some(world) = World::new(&data, outside.path()) else { return };
    world.link(&world.slapd.tls_address(), &[UNTRUSTED]);
    run(&mut verb(&data, &["Set-Mailbox", "dave", "-Password", "a local one"])).well();
    assert_eq!((world.imap("a local one"), world.imap(RIGHT)), (CURL_OK, CURL_DENIED));
    run(&mut verb(&data, &["Set-Mailbox", "dave", "-Linked"])).well();
    assert_eq!((world.imap("a local one"), world.imap(RIGHT)), (CURL_DENIED, CURL_OK));
    let shown = objects(&data, &["Get-LinkedDirectory"]);
    assert_eq!(shown[0]["Identity"], "slapd");
}

#[test]
fn a_server_with_a_certificate_of_a_trusted_root_is_asked() {
    if !installed("swaks") {
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let (ours, theirs) = (outside.path().join("ours"), outside.path().join("theirs"));
    let people = [("dave", "dave@contoso.test", RIGHT)];
    let Some(mut trusted) = Slapd::new(&ours, &ours, &people) else { return };
    let Some(mut stranger) = Slapd::new(&theirs, &theirs, &people) else { return };
    trusted.start();
    stranger.start();
    let root = Authority::open_or_create(&ours, "Tests").unwrap().certificate_file();
    let server = Trusting::new(&root);
    let process = server.0.data().serve(&server.0.path("rialto.toml"), &[]);
    server.verb(&["New-Mailbox", "dave", "-Linked"]);
    let name = format!("uid=%u,{BASE}");
    let login = |security: &str, at: &str| {
        let new = ["New-LinkedDirectory", "slapd", "-LinkedDomainControllers", at];
        server.verb(&[&new[..], &["-BindName", &name, "-Security", security]].concat());
        let mut swaks = program("swaks");
        swaks.args(["--server", &server.0.at(587), "--tls", "--quit-after", "AUTH"]);
        let ended = run(swaks.args(["--auth-user", "dave", "--auth-password", RIGHT])).text;
        server.verb(&["Remove-LinkedDirectory", "slapd", "-Confirm:$false"]);
        ended
    };
    for (security, at) in [("Tls", trusted.tls_address()), ("StartTls", trusted.address())] {
        let told = login(security, &at);
        assert!(told.contains(" 235 2.7.0 "), "{security}: {told}");
        // Its certificate is for another name.
        let told = login(security, &at.replace("localhost", "127.0.0.1"));
        assert!(told.contains(" 454 4.7.0 "), "{security}: {told}");
    }
    for (security, at) in [("Tls", stranger.tls_address()), ("StartTls", stranger.address())] {
        let told = login(security, &at);
        assert!(told.contains(" 454 4.7.0 "), "{security}: {told}");
    }
    process.stop();
}
