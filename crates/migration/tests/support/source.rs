//! An IMAP server that does what a test says: it knows one folder, and a test may answer any
//! command in its place.

use std::sync::{Arc, Mutex};

use migration::{ImapEndpoint, Pace, Secret, Security};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the folder has.
#[derive(Clone)]
pub struct Folder {
    pub validity: u32,
    /// UIDs, flags and octets.
    pub messages: Vec<(u32, &'static str, String)>,
}

/// What a test says to a command instead: `{tag}` stands for its tag, and after [`CLOSE`] the
/// connection ends.
pub type Odd = Box<dyn FnMut(&str) -> Option<String> + Send>;

/// Ends the connection.
pub const CLOSE: &str = "\u{1}";

/// A running server.
pub struct Source {
    port: u16,
    pub folder: Arc<Mutex<Folder>>,
    pub odd: Arc<Mutex<Odd>>,
    /// Commands as they came.
    pub heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Source {
    pub async fn start(folder: Folder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = Arc::new(Mutex::new(folder));
        let odd: Arc<Mutex<Odd>> = Arc::new(Mutex::new(Box::new(|_| None)));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let shared = (Arc::clone(&folder), Arc::clone(&odd), Arc::clone(&heard));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (folder, odd, heard) = shared.clone();
                tokio::spawn(serve(stream, folder, odd, heard));
            }
        });
        Source { port, folder, odd, heard, task }
    }

    pub fn answer(&self, odd: impl FnMut(&str) -> Option<String> + Send + 'static) {
        *self.odd.lock().unwrap() = Box::new(odd);
    }

    pub fn endpoint(&self) -> ImapEndpoint {
        ImapEndpoint {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::None,
            any_certificate: false,
            user: "someone".to_owned(),
            password: Secret::new("it's \"secret\"".to_owned()),
            deleted: false,
            pace: Pace::default(),
        }
    }

    pub fn count(&self, command: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| line.starts_with(command)).count()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    folder: Arc<Mutex<Folder>>,
    odd: Arc<Mutex<Odd>>,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    let greeting = odd.lock().unwrap()("").unwrap_or_else(|| "* OK here\r\n".to_owned());
    if stream.write_all(greeting.as_bytes()).await.is_err() || greeting.contains(CLOSE) {
        return;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let (tag, command) = line.trim_end().split_once(' ').unwrap();
        heard.lock().unwrap().push(command.to_owned());
        let said = odd.lock().unwrap()(command);
        let said = said.unwrap_or_else(|| folder.lock().unwrap().answer(command));
        let said = said.replace("{tag}", tag);
        let (said, closes) = match said.split_once(CLOSE) {
            Some((before, _)) => (before, true),
            None => (said.as_str(), false),
        };
        if stream.write_all(said.as_bytes()).await.is_err() || closes {
            return;
        }
    }
}

impl Folder {
    pub fn answer(&self, command: &str) -> String {
        let done = "{tag} OK done\r\n";
        let name = command.split(" (").next().unwrap().split(' ').next().unwrap();
        match name {
            "LOGIN" => assert_eq!(command, r#"LOGIN "someone" "it's \"secret\"""#),
            "LIST" => return format!("* LIST () \"/\" INBOX\r\n{done}"),
            "STATUS" => {
                return format!("* STATUS INBOX (MESSAGES {})\r\n{done}", self.messages.len());
            }
            "EXAMINE" => return self.examine() + done,
            "UID" => return self.fetch(command) + done,
            "CAPABILITY" => return format!("* CAPABILITY IMAP4rev1\r\n{done}"),
            _ => return "{tag} BAD what?\r\n".to_owned(),
        }
        done.to_owned()
    }

    fn examine(&self) -> String {
        let next = self.messages.iter().map(|(uid, ..)| uid + 1).max().unwrap_or(1);
        format!(
            "* {} EXISTS\r\n* OK [UIDVALIDITY {}] .\r\n* OK [UIDNEXT {next}] .\r\n",
            self.messages.len(),
            self.validity
        )
    }

    fn fetch(&self, command: &str) -> String {
        let mut said = String::new();
        let set = command.split(' ').nth(2).unwrap();
        for (at, (uid, flags, octets)) in self.messages.iter().enumerate() {
            if !holds(set, *uid) {
                continue;
            }
            let (at, size) = (at + 1, octets.len());
            let body = match command.contains("BODY.PEEK[]") {
                true => format!(
                    " INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" BODY[] {{{size}}}\r\n{octets}"
                ),
                false => format!(" RFC822.SIZE {size}"),
            };
            said += &format!("* {at} FETCH (UID {uid} FLAGS ({flags}){body})\r\n");
        }
        said
    }
}

fn holds(set: &str, uid: u32) -> bool {
    set.split(',').any(|part| match part.split_once(':') {
        Some((first, last)) => (first.parse().unwrap()..=last.parse().unwrap()).contains(&uid),
        None => part.parse() == Ok(uid),
    })
}
