//! Development tasks: `cargo xtask TASK`.
//!
//! One module a task. `ci` is the list of everything that must pass; what continuous
//! integration runs is this list and nothing else. Not part of the server: nothing here is
//! built into the program.

mod bench;
mod ci;
mod crash;
mod deb;
mod demo;
mod deny;
mod fuzz;
mod limits;
mod process;
mod rust_source;
mod tidy;
mod transcripts;
mod verbs;
mod workspace;

use std::process::ExitCode;

/// A task fails with whatever it has to say; `main` prints it.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
cargo xtask TASK

  ci                              everything that must pass before a change is taken
  tidy                            rules that the compiler does not know, and a report of sizes
  deny                            licences, bans and sources of what we depend on (deny.toml)
  fuzz [NAME] [--seconds N]       feed the decoders: with cargo-fuzz where it is, else on stable
  crash [KILLS] [--seed N]        kill the server at random moments; nothing acknowledged is lost
        [--binary FILE]
  deb [FOLDER]                    a Debian package, in target/debian unless said otherwise
  bench LABEL OUTDIR [PART ...]   the yardstick in bench/, against the server in the environment
  limits                          write docs/limits.md from the declarations
  verbs                           write docs/verbs.md from the declarations
  metrics                         write docs/metrics.md from the declarations
  man FOLDER                      write manual pages into a folder
  transcripts                     replay the recorded sessions of every protocol
  transcripts record SERVICE SCRIPT   a transcript from lines that clients send; see CONTRIBUTING.md
        [--address A:PORT] [--into FILE]
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result {
    let (task, rest) = arguments.split_first().ok_or(USAGE)?;
    match task.as_str() {
        "ci" => ci::run(),
        "tidy" => tidy::run(),
        "deny" => deny::run(),
        "fuzz" => fuzz::run(rest),
        "crash" => crash::run(rest),
        "deb" => deb::run(rest),
        "bench" => bench::run(rest),
        "limits" => limits::run(),
        "transcripts" => transcripts::run(rest),
        "verbs" => verbs::run(),
        "metrics" => verbs::metrics(),
        "man" => verbs::man(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("no task is called {other}\n\n{USAGE}").into()),
    }
}
