//! Verbs as clap's commands: help, completion and reading come from there.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Format, Line};
use crate::verb::{Arguments, Parameter, Shape, Verb, prose};
use crate::verbs;

/// The parameters that every verb has.
const JSON: &str = "json";
const LIST: &str = "list";
const WHAT_IF: &str = "what-if";
const CONFIRM: &str = "confirm";
const CONFIG: &str = "config";
const DIR: &str = "dir";
const VERBOSE: &str = "verbose";

/// Every verb as a command, for completion and manual pages.
pub fn commands() -> impl Iterator<Item = Command> {
    verbs::all().map(command)
}

/// A verb as a command.
pub fn command(verb: &'static Verb) -> Command {
    let positional = verb.parameters.iter().filter(|parameter| parameter.positional);
    Command::new(verb.name.command())
        .bin_name(format!("rialto {}", verb.name.command()))
        .about(verb.synopsis())
        .long_about(prose(verb.about))
        .next_line_help(true)
        .args(verb.parameters.iter().map(option))
        .args(positional.map(first))
        .args(common())
}

/// `--primary-smtp-address VALUE`, also as `--primarysmtpaddress`.
fn option(parameter: &'static Parameter) -> Arg {
    let name = parameter.option();
    let arg = Arg::new(parameter.field)
        .alias(name.replace('-', ""))
        .long(name)
        .help(prose(parameter.about))
        .value_name(value_name(parameter.shape))
        .action(ArgAction::Append);
    match parameter.shape {
        Shape::Switch => arg.num_args(0..=1).require_equals(true),
        Shape::OneOf(words) => {
            let arg = arg.value_parser(PossibleValuesParser::new(words)).ignore_case(true);
            if parameter.many { arg.value_delimiter(',') } else { arg }
        }
        _ => arg,
    }
}

/// The same parameter without its name.
fn first(parameter: &'static Parameter) -> Arg {
    Arg::new(format!("{}-first", parameter.field))
        .value_name(parameter.option().to_uppercase())
        .help(prose(parameter.about))
        .conflicts_with(parameter.field)
        .index(1)
}

fn common() -> [Arg; 7] {
    let switch = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    [
        switch(JSON).help("Print the answer as JSON"),
        switch(LIST).help("Print every property, one a line"),
        switch(WHAT_IF).help("Tell what would be done, and do nothing"),
        Arg::new(CONFIRM)
            .long(CONFIRM)
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .help("Ask before doing it; --confirm=false does not ask"),
        Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .help(
                "The server's configuration file; else the environment variable RIALTO_CONFIG, \
                 else /etc/rialto/rialto.toml",
            )
            .value_parser(clap::value_parser!(PathBuf)),
        Arg::new(DIR)
            .long(DIR)
            .value_name("DIR")
            .help("The server's data directory, in place of its configuration file")
            .value_parser(clap::value_parser!(PathBuf))
            .conflicts_with(CONFIG),
        switch(VERBOSE).help("Tell who did it: the running server, or this program"),
    ]
}

fn value_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Octets => "TEXT",
        Shape::Secret => "PASSWORD",
        Shape::Flag | Shape::Switch => "BOOL",
        Shape::Number => "NUMBER",
        Shape::Bytes | Shape::BytesOrUnlimited => "SIZE",
        Shape::NumberOrUnlimited => "N",
        Shape::Span => "SPAN",
        Shape::Time => "TIME",
        Shape::Filter => "FILTER",
        Shape::Address => "ADDRESS",
        Shape::Domain => "DOMAIN",
        Shape::Identity => "RECIPIENT",
        Shape::OneOf(_) => "WORD",
    }
}

/// What clap read.
pub(super) fn line(verb: &'static Verb, matches: ArgMatches) -> Result<Line, clap::Error> {
    let mut arguments = Arguments::default();
    let mut pipeline = false;
    for parameter in verb.parameters {
        match values(&matches, parameter) {
            Some(written) if parameter.positional && written == [PIPELINE] => pipeline = true,
            Some(written) => arguments.set(parameter, written),
            None => {}
        }
    }
    let confirm = matches.get_one::<String>(CONFIRM).map(|word| word.to_ascii_lowercase());
    let format = match (matches.get_flag(JSON), matches.get_flag(LIST)) {
        (true, _) => Format::Json,
        (false, true) => Format::List,
        (false, false) => Format::Table,
    };
    Ok(Line {
        verb,
        arguments,
        format,
        what_if: matches.get_flag(WHAT_IF),
        confirm: confirm.map(|word| !word.ends_with("false")),
        pipeline,
        config: matches.get_one(CONFIG).cloned(),
        directory: matches.get_one(DIR).cloned(),
        verbose: matches.get_flag(VERBOSE),
    })
}

/// Written in place of an identity: they come from standard input.
const PIPELINE: &str = "-";

/// What was written for a parameter, with its name or without.
fn values(matches: &ArgMatches, parameter: &'static Parameter) -> Option<Vec<String>> {
    let all = |id: &str| {
        let values = matches.try_get_many::<String>(id).ok().flatten();
        values.map(|values| values.cloned().collect::<Vec<_>>())
    };
    let first = || parameter.positional.then(|| all(&format!("{}-first", parameter.field)))?;
    let written = matches.contains_id(parameter.field).then(|| all(parameter.field)).flatten();
    let alone = || {
        let present = parameter.shape == Shape::Switch && matches.contains_id(parameter.field);
        present.then(Vec::new)
    };
    let values = written.or_else(first).or_else(alone)?;
    Some(if parameter.many {
        values.iter().flat_map(|value| listed(value)).collect()
    } else {
        values
    })
}

/// `a,b` is two values, as in Exchange's shell; `@{Add=…}` is one.
fn listed(value: &str) -> Vec<String> {
    match value.starts_with("@{") {
        true => vec![value.to_owned()],
        false => value.split(',').map(|each| each.trim().to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_accepts_every_verb() {
        commands().for_each(Command::debug_assert);
    }
}
