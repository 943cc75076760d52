//! An administrator at the command line: verbs by the running server and on the data of a
//! stopped one.

use std::io::{Read, Write};
use std::process::Stdio;

use net::tls::Authority;

use crate::support::imap::Imap;
use crate::support::message;
use crate::support::programs::{installed, program, run};
use crate::support::server::{Data, PASSWORD, RIALTO};
use crate::support::smtp;
use crate::support::verb::{input, verb};

fn make(data: &Data, user: &str) -> String {
    let mut command = verb(data, &["New-Mailbox", "-Name", user, "-Password", "-", "-Verbose"]);
    run(command.stdin(input(data, &format!("{PASSWORD}\n")))).well()
}

#[test]
fn a_user_comes_and_goes_while_the_server_runs() {
    let data = Data::new();
    let demo = data.demo();
    let made = make(&data, "dora");
    assert!(made.contains("dora@example.test") && made.contains("asking the server"), "{made}");
    let dora = demo.user("dora");
    let text = message::text("stranger@elsewhere.example", &dora, "Welcome");
    smtp::deliver(&demo.address("SMTP_PORT"), "stranger@elsewhere.example", &dora, &text);
    assert!(Imap::of(&demo, "dora").only("Welcome").message.contains("Welcome"));
    let shown = run(&mut verb(&data, &["Get-MailboxStatistics", "dora", "-List"])).well();
    assert!(shown.contains(": 1\n"), "{shown}");
    let folders = ["Get-MailboxFolderStatistics", "dora", "-FolderScope", "Inbox", "-List"];
    let shown = run(&mut verb(&data, &folders)).well();
    assert!(shown.contains(": /Inbox\n"), "{shown}");
    let shown = run(&mut verb(&data, &["get-mailbox", "--anr", "dor", "--json"])).well();
    let mut rename = verb(&data, &["set-mailbox", "-", "--display-name", "Dora D"]);
    assert_eq!(run(rename.stdin(input(&data, &shown))).well(), "");
    let shown = run(&mut verb(&data, &["Get-Mailbox", "dora", "-List"])).well();
    assert!(shown.contains(": Dora D\n"), "{shown}");
    let unasked = run(&mut verb(&data, &["remove-mailbox", "dora"])).with(2);
    assert!(unasked.contains("--confirm=false"), "{unasked}");
    run(&mut verb(&data, &["Remove-Mailbox", "dora", "-Confirm:$false"])).well();
    let gone = run(&mut verb(&data, &["get-mailbox", "dora"])).with(2);
    assert_eq!(gone, "rialto: mailbox \"dora\" could not be found\n");
    let done = run(&mut verb(&data, &["Search-AdminAuditLog", "-ObjectIds", &dora])).well();
    let verbs: Vec<&str> = done.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert!(verbs.ends_with(&["Remove-Mailbox", "Set-Mailbox", "New-Mailbox"]), "{done}");
    demo.stop();
}

#[test]
fn the_same_verbs_work_while_the_server_is_stopped() {
    let data = Data::new();
    data.demo().stop();
    let made = make(&data, "dora");
    assert!(made.contains("dora@example.test") && made.contains("is not running"), "{made}");
    let quiet = run(&mut verb(&data, &["set-mailbox", "dora", "--display-name", "D"])).well();
    assert_eq!(quiet, "");
    let demo = data.demo();
    assert_eq!(Imap::of(&demo, "dora").folder("INBOX"), []);
    demo.kill();
    // The socket of a killed server is still there, and nobody listens.
    let shown = run(&mut verb(&data, &["get-mailbox", "dora", "--verbose"])).well();
    assert!(shown.contains("is not running"), "{shown}");
}

#[test]
fn what_cannot_be_reached_is_told() {
    let data = Data::new();
    let never = run(&mut verb(&data, &["get-mailbox"])).with(2);
    assert!(never.contains("no server has run in"), "{never}");
    let mut nowhere = program(RIALTO);
    let nowhere = run(nowhere.arg("get-mailbox").env("RIALTO_CONFIG", "/nonexistent.toml"));
    assert!(nowhere.with(2).contains("/nonexistent.toml"));
    let listed = run(program(RIALTO).args(["get-command", "*-mailbox"])).well();
    assert!(listed.contains("Remove-Mailbox"), "{listed}");
    let misspelt = run(program(RIALTO).arg("get-mailbx")).with(2);
    assert!(misspelt.contains("did you mean Get-Mailbox?"), "{misspelt}");
    assert!(misspelt.contains("rialto get-command"), "{misspelt}");
}

/// At a terminal, which `script` plays.
#[test]
fn a_password_that_was_left_out_is_asked_for_unseen() {
    let data = Data::new();
    let nobody = run(&mut verb(&data, &["new-mailbox", "dora"])).with(2);
    assert!(nobody.contains("--password is missing"), "{nobody}");
    if !installed("script") {
        return;
    }
    data.demo().stop();
    let line = format!("{RIALTO} new-mailbox dora --dir {}", data.path().display());
    let mut terminal = program("script");
    terminal.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    while !shown.ends_with(b"password: ") {
        let mut octet = [0];
        screen.read_exact(&mut octet).unwrap();
        shown.extend(octet);
    }
    keys.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    screen.read_to_end(&mut shown).unwrap();
    assert!(child.wait().unwrap().success());
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("dora@example.test") && !shown.contains(PASSWORD), "{shown}");
    assert_eq!(Imap::of(&data.demo(), "dora").folder("INBOX"), []);
}

#[test]
fn standard_input_is_one_thing() {
    let data = Data::new();
    let twice = run(&mut verb(&data, &["set-mailbox", "-", "--password", "-"])).with(2);
    assert!(twice.contains("cannot be a password and"), "{twice}");
    let nothing = run(&mut verb(&data, &["new-mailbox", "dora", "--password", "-"])).with(2);
    assert!(nothing.contains("--password: standard input has no line"), "{nothing}");
}

#[test]
fn a_capability_is_hidden_from_one_account_and_a_service_closed_to_it() {
    let data = Data::new();
    let demo = data.demo();
    let hide = ["Set-CASMailbox", "bob", "-ImapCapabilitiesHidden", "NOTIFY"];
    run(&mut verb(&data, &hide)).well();
    let offers = |user: &str| Imap::of(&demo, user).command("CAPABILITY").concat();
    let (alice, bob) = (offers("alice"), offers("bob"));
    assert!(alice.contains(" NOTIFY") && alice.contains(" APPENDLIMIT="), "{alice}");
    assert!(!bob.contains(" NOTIFY") && bob.contains(" CONDSTORE"), "{bob}");
    run(&mut verb(&data, &["set-cas-mailbox", "bob", "--pop-enabled", "false"])).well();
    let lists = |user: &str| {
        let mut curl = program("curl");
        curl.args(["--silent", "--show-error", "--cacert"]).arg(demo.authority());
        curl.args(["--user", &format!("{}:{PASSWORD}", demo.user(user))]);
        run(curl.arg(format!("pop3s://{}", demo.address("POP3S_PORT"))))
    };
    lists("alice").well();
    assert!(lists("bob").with(67).contains("Login denied"));
    demo.stop();
}

/// A request, what an authority signs of it, and a mail program that sees the new certificate
/// without a restart.
#[test]
fn a_certificate_of_an_authority_is_shown_as_soon_as_it_is_imported() {
    let data = Data::new();
    let demo = data.demo();
    let names = ["-DomainName", "mail.new.test"];
    let mut request = verb(&data, &["New-ExchangeCertificate", "-GenerateRequest", "--json"]);
    let shown = run(request.args(names)).well();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let authority = Authority::open_or_create(&data.path().join("authority"), "").unwrap();
    let signed = authority.sign(shown[0]["Request"].as_str().unwrap()).unwrap();
    run(&mut verb(&data, &["Import-ExchangeCertificate", "-FileData", &signed])).well();
    let (address, user) = (demo.address("IMAPS_PORT"), demo.user("alice"));
    Imap::login_to("mail.new.test", &address, demo.authority(), &user).folder("INBOX");
    Imap::of(&demo, "alice").folder("INBOX");
    demo.stop();
}
