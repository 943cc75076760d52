//! The reference of all verbs and the manual pages, both made from the declarations.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use clap::Command;

use crate::verb::{ObjectType, Parameter, Property, Shape, Verb, prose};
use crate::verbs;

const HEAD: &str = "\
# Verbs

What an administrator can do, under the names of Exchange's cmdlets. This page is written by
`cargo xtask verbs` from the declarations in `crates/admin/src/verbs`; change it there.

`rialto New-Mailbox -Name Alice` and `rialto new-mailbox --name Alice` are the same; the first
parameter may be written without its name. `rialto VERB --help` explains a verb, and every verb
has `--json`, `--list`, `--what-if`, `--confirm`, `--config`, `--dir` and `--verbose`. A secret
written as `-` is read from standard input. The same verbs are served over HTTP; `/v1/openapi.json`
describes them.
";

/// The reference as Markdown.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let mut noun = "";
    for verb in verbs::all() {
        if verb.name.noun() != noun {
            noun = verb.name.noun();
            let _ = writeln!(page, "\n## {noun}");
        }
        section(&mut page, verb);
        if last_of_noun(verb) {
            answers_of(noun).iter().for_each(|answers| properties(&mut page, answers));
        }
    }
    page
}

fn section(page: &mut String, verb: &Verb) {
    let _ = writeln!(page, "\n### {}\n\n{}", verb.name, prose(verb.about));
    let _ = writeln!(page, "\nRole: {}.", verb.role.name());
    if verb.parameters.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n| Parameter | Takes | Meaning |\n|---|---|---|");
    for parameter in verb.parameters {
        let (name, takes) = (parameter.name(), takes(parameter));
        let _ = writeln!(page, "| `-{name}` | {takes} | {} |", cell(parameter.about));
    }
}

fn takes(parameter: &Parameter) -> String {
    let many = if parameter.many { "list of: " } else { "" };
    let required = if parameter.required { "; required" } else { "" };
    format!("{many}{}{required}", shape(parameter.shape))
}

fn shape(shape: Shape) -> String {
    match shape {
        Shape::Switch => "nothing".to_owned(),
        Shape::Flag => "`$true`, `$false`".to_owned(),
        other => other.expected().0,
    }
}

fn last_of_noun(verb: &Verb) -> bool {
    let of_noun = verbs::all().filter(|other| other.name.noun() == verb.name.noun());
    of_noun.last().is_some_and(|last| last.name == verb.name)
}

/// What the verbs of a noun answer with, each type once.
fn answers_of(noun: &str) -> Vec<ObjectType> {
    let of_noun = verbs::all().filter(|verb| verb.name.noun() == noun);
    let mut types: Vec<ObjectType> = Vec::new();
    for answers in of_noun.filter_map(|verb| verb.answers) {
        if types.iter().all(|known| known.name != answers.name) {
            types.push(answers);
        }
    }
    types
}

fn properties(page: &mut String, answers: &ObjectType) {
    let _ =
        writeln!(page, "\n### Properties of {}\n\n| Property | Meaning |\n|---|---|", answers.name);
    for property in answers.properties {
        let _ = writeln!(page, "| `{}` | {} |", Property::name(property), cell(property.about));
    }
}

fn cell(about: &[&str]) -> String {
    prose(about).replace('|', "\\|")
}

/// Writes a manual page of the program and of each of its commands into a folder.
pub fn manual(program: Command, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(program, folder)
}
