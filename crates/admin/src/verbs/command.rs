//! The verbs themselves: Get-Command.

use crate::verb::{
    Answer, Arguments, Caller, Cmdlet, Declared, Effect, Reply, Role, Session, Verb, VerbError,
    VerbName, object, verb,
};

pub(super) const VERBS: &[Verb] = &[Verb::of::<GetCommand>()];

/// The name of the verb that the command line answers itself.
pub(crate) const NAME: VerbName = VerbName::new(GetCommand::NAME);

object! {
    /// A verb.
    pub struct CommandObject = "Command" [name, synopsis] {
        /// `New-Mailbox`, on a command line also `new-mailbox`.
        name: &'static str,
        /// What it is about.
        noun: &'static str,
        /// What it does.
        synopsis: String,
        /// The management role that holds it.
        role: &'static str,
    }
}

verb! {
    /// Lists the verbs that the caller may run.
    pub struct GetCommand = "Get-Command" (Role::ViewOnlyRecipients, Effect::Read) {
        /// Only verbs of this name; `*` stands for anything.
        name: Option<String> = first,
        /// Only verbs of this noun; `*` stands for anything.
        noun: Option<String>,
    }
}

impl Cmdlet for GetCommand {
    type Answer = Vec<CommandObject>;

    async fn run(self, session: &Session<'_>) -> Result<Self::Answer, VerbError> {
        Ok(self.found(session.caller))
    }
}

impl GetCommand {
    fn found(&self, caller: &Caller) -> Vec<CommandObject> {
        let wanted = |pattern: &Option<String>, name: &str| {
            pattern.as_ref().is_none_or(|pattern| is_like(pattern, name))
        };
        super::all()
            .filter(|verb| wanted(&self.name, verb.name.as_str()))
            .filter(|verb| wanted(&self.noun, verb.name.noun()))
            .filter(|verb| caller.holds(verb.role))
            .map(shown)
            .collect()
    }
}

fn shown(verb: &Verb) -> CommandObject {
    CommandObject {
        name: verb.name.as_str(),
        noun: verb.name.noun(),
        synopsis: verb.synopsis(),
        role: verb.role.name(),
    }
}

/// What the verb answers without a server: all that match.
pub(crate) fn reply(arguments: Arguments) -> Result<Reply, VerbError> {
    let anybody = Caller::Local { user: String::new() };
    let objects = GetCommand::read(arguments)?.found(&anybody).into_objects()?;
    let objects = objects.into_iter().map(|object| object.0).collect();
    Ok(Reply { objects, ..Reply::default() })
}

/// Whether a name is like a pattern, whatever the case of their letters.
fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match name.find(piece) {
            Some(at) => name = &name[at + piece.len()..],
            None => return false,
        }
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, like) in [
            ("get-mailbox", true),
            ("get-mail", false),
            ("*", true),
            ("get-*", true),
            ("*box", true),
            ("*MAIL*", true),
            ("g*t*b*x", true),
            ("g*tt*", false),
            ("get-mailbox*box", false),
            ("", false),
        ] {
            assert_eq!(is_like(pattern, "Get-Mailbox"), like, "{pattern}");
        }
    }
}
