//! What every verb refuses, whichever it is: callers without its role, parameters that it has not,
//! values that are none, and to begin without what it needs.
//!
//! What a single verb refuses besides is tested where its effect is.

use std::sync::Arc;

use admin::verb::{
    Arguments, Call, Caller, OwnRoleGroup, Parameter, Reply, Role, RoleGroup, Shape, Verb,
    VerbError, invoke,
};
use admin::verbs::all;
use auth::RecipientId;
use serde_json::{Map, Value};

use crate::shell::Shell;

fn with_roles(roles: Vec<Role>) -> Caller {
    let group = OwnRoleGroup { name: "Some".to_owned(), roles, scope: None };
    Caller::User {
        id: RecipientId([1; 16]),
        name: "somebody@example.test".to_owned(),
        groups: vec![RoleGroup::Own(Arc::new(group))],
    }
}

/// Runs a verb with these arguments, and only to be told what it would do.
async fn tried(
    shell: &Shell,
    caller: &Caller,
    verb: &'static Verb,
    said: &Map<String, Value>,
) -> Result<Reply, VerbError> {
    let arguments = Arguments::from_json(verb.parameters, said)?;
    invoke(&shell.organization, caller, Call { verb, arguments, what_if: true }).await
}

/// What it cannot do without, but for one parameter: a text, which is not always a right value.
fn required(verb: &Verb, but: Option<&str>) -> Map<String, Value> {
    let others = verb.parameters.iter().filter(|it| it.required && Some(it.field) != but);
    others.map(|it| (it.name(), Value::from("nothing-is-called-that"))).collect()
}

/// Any text may be right for these.
fn takes_texts(parameter: &Parameter) -> bool {
    matches!(parameter.shape, Shape::Text | Shape::Secret | Shape::Identity)
}

#[tokio::test]
async fn who_has_all_roles_but_one_is_refused() {
    let shell = Shell::new().await;
    for verb in all() {
        let others = Role::ALL.iter().copied().filter(|role| *role != verb.role).collect();
        let said = required(verb, None);
        let refused = tried(&shell, &with_roles(others), verb, &said).await;
        let name = verb.name.as_str();
        let told = refused.err().map(|error| error.to_string());
        assert_eq!(told, Some(VerbError::Denied(verb.role).to_string()), "{name}");
        let let_in = tried(&shell, &with_roles(vec![verb.role]), verb, &said).await;
        assert!(!matches!(let_in, Err(VerbError::Denied(_))), "{name}");
    }
}

#[tokio::test]
async fn no_verb_takes_a_parameter_that_it_has_not() {
    let shell = Shell::new().await;
    for verb in all() {
        let mut said = required(verb, None);
        said.insert("NoSuchParameter".to_owned(), Value::from("x"));
        let refused = tried(&shell, &shell.caller, verb, &said).await;
        let name = verb.name.as_str();
        assert!(matches!(refused, Err(VerbError::UnknownParameter { .. })), "{name}");
    }
}

#[tokio::test]
async fn no_verb_begins_without_what_it_needs() {
    let shell = Shell::new().await;
    for verb in all() {
        for needed in verb.parameters.iter().filter(|parameter| parameter.required) {
            let others =
                verb.parameters.iter().filter(|it| it.required && it.field != needed.field);
            // What stands in for the others may be refused before.
            if !{ others }.all(takes_texts) {
                continue;
            }
            let said = required(verb, Some(needed.field));
            let refused = tried(&shell, &shell.caller, verb, &said).await;
            let told = refused.err().map(|error| error.to_string());
            let name = verb.name.as_str();
            assert_eq!(told, Some(VerbError::Missing(needed.name()).to_string()), "{name}");
        }
    }
}

#[tokio::test]
async fn no_verb_takes_a_value_that_is_none() {
    let shell = Shell::new().await;
    let mut refused_ones = 0;
    for verb in all() {
        for parameter in verb.parameters.iter().filter(|it| !takes_texts(it)) {
            let others =
                verb.parameters.iter().filter(|it| it.required && it.field != parameter.field);
            if !{ others }.all(takes_texts) {
                continue;
            }
            let mut said = required(verb, Some(parameter.field));
            said.insert(parameter.name(), Value::from("\u{7}('not' a value"));
            let refused = tried(&shell, &shell.caller, verb, &said).await;
            let what = format!("{} -{}", verb.name.as_str(), parameter.name());
            match refused {
                Err(VerbError::Value { parameter: told, .. }) if told == parameter.name() => {
                    refused_ones += 1;
                }
                // Some identities have a form of their own, and are read first.
                Err(VerbError::Value { parameter: told, .. }) if said.contains_key(&told) => {}
                // Settings of a connector and the like are read when it is known which.
                Err(VerbError::NotFound { .. }) => {}
                other => panic!("{what}: {:?}", other.map(|reply| reply.objects)),
            }
        }
    }
    assert!(refused_ones > 250, "{refused_ones}");
}
