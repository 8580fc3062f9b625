//! The names under which code waits for something, and those in paths to it.

use std::borrow::Cow;

use crate::diagnosis::enders::program::Program;
use crate::diagnosis::source::{Body, Module, ObjectPath, Place, Use, UseAt};
use crate::model::CONTEXT_VALUE;

/// Name of the code of a module outside of functions.
const MODULE: &str = "<module>";
/// Methods that wait.
pub(super) const WAITING: [&str; 9] = [
    "get", "put", "join", "wait", "wait_for", "acquire", "receive", "send", "result",
];

/// Whether the function has made the object in its variable `name`, and only calls methods of it
/// that are none of `ending`.
pub(super) fn is_kept_private(
    program: &Program,
    body: &Body,
    module: &Module,
    name: &str,
    ending: &[&str],
) -> bool {
    // What a function of the program returns, others may have.
    let made_by = body.made.get(name).and_then(Option::as_ref);
    let is_new = made_by.is_some_and(|it| program.is_class(it) || program.named(it).is_empty());
    let is_variable = is_new && !body.parameters.contains(name);
    // Functions inside of it can use the variable, too.
    let mut inside = module.uses().iter().filter(|other| body.contains(other));
    body.name != MODULE
        && is_variable
        && inside.all(|other| match other.only_methods_of(name) {
            Some(methods) => !methods.iter().any(|method| ending.contains(method)),
            None => false,
        })
}

/// Names of the arguments that a statement gives to the function `called`.
pub(super) fn given_names(body: &Body, uses: &[&UseAt], called: &str) -> Vec<String> {
    let calls = uses.iter().filter(|each| match &each.what {
        Use::Name { name, .. } | Use::Attribute { name, .. } => name == called,
        _ => false,
    });
    let arguments = calls.flat_map(|call| body.arguments_of(call));
    let names = arguments.filter_map(|each| match &each.what {
        Use::Name { name, .. } | Use::Attribute { name, .. } => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// The names of what the uses of a statement wait for.
pub(super) fn awaited_names(program: &Program, uses: &[&UseAt]) -> Vec<String> {
    // What a class or a library made for this wait alone has no name.
    let has_name = |name: &&str, of: &Place| match of {
        Place::Called(_) => !program.named(name).is_empty(),
        Place::Named(_) | Place::Local(_) | Place::Got(_) | Place::Other => true,
    };
    let calls = |each: &&&UseAt| match &each.what {
        Use::Attribute { name, .. } => WAITING.contains(&name.as_str()),
        _ => false,
    };
    let by_method = uses.iter().any(|each| calls(&each));
    let waits = uses.iter();
    let names = waits.filter_map(|each| match &each.what {
        Use::Attribute { of, name, .. } if WAITING.contains(&name.as_str()) => {
            of.name().filter(|name| has_name(name, of))
        }
        Use::Name { name, called, .. } if !by_method && !called => Some(name.as_str()),
        Use::Name { .. } => None,
        Use::Enters(of) => of.name().filter(|name| has_name(name, of)),
        Use::Attribute { .. }
        | Use::Iterates
        | Use::Raises
        | Use::Stores(_)
        | Use::Calls { .. } => None,
    });
    names.map(str::to_owned).collect()
}

impl Place {
    /// The name of the variable or attribute.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) | Self::Local(name) | Self::Called(name) | Self::Got(name) => {
                Some(name)
            }
            Self::Other => None,
        }
    }
}

fn is_identifier(part: &&str) -> bool {
    let mut letters = part.chars();
    let begins = letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    begins && letters.all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether code that writes `path` means the object at the end of `known`: their names are the
/// same, but for those of modules in front of globals, and so are their keys.
pub(super) fn is_same_path(path: &ObjectPath, known: &str) -> bool {
    let bare = without_brackets(known);
    let names: Vec<&str> = bare.split(['.', ' ']).filter(is_identifier).collect();
    let has_key =
        |key: &String| known.contains(&format!("[{key}]")) || known.contains(&format!("({key})"));
    let from = path.names.len().saturating_sub(names.len());
    let same_end = path.names.get(from..).is_some_and(|end| end == names);
    let same = same_end && (from == 0 || path.is_global);
    same && !names.is_empty() && path.keys.iter().all(has_key)
}

/// `inbox` of `self.inbox`, `queues` of `self.queues['a']`, `INBOX` of `INBOX.get()`.
pub(in crate::diagnosis::enders) fn last_identifier(path: &str) -> Option<String> {
    let bare = without_brackets(path);
    let mut parts = bare.rsplit(['.', ' ']);
    parts.find(is_identifier).map(str::to_owned)
}

/// `STATE` of `STATE['a'].inbox`.
pub(in crate::diagnosis::enders) fn first_identifier(path: &str) -> Option<String> {
    let bare = without_brackets(path);
    let mut parts = bare.split(['.', ' ']);
    parts.find(is_identifier).map(str::to_owned)
}

/// The path without what stands in brackets.
fn without_brackets(path: &str) -> Cow<'_, str> {
    if !path.contains(['[', '{', '(']) {
        return path.into();
    }
    let path = path.replace(CONTEXT_VALUE, "");
    let mut depth = 0_usize;
    let mut bare = String::new();
    for letter in path.chars() {
        match letter {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(letter),
            _ => {}
        }
    }
    bare.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(is_global: bool, names: &[&str], keys: &[&str]) -> ObjectPath {
        ObjectPath {
            is_global,
            names: names.iter().map(|it| (*it).to_owned()).collect(),
            keys: keys.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn paths_are_the_same_if_all_names_and_keys_are() {
        let global = |names: &[&str], known: &str| is_same_path(&path(true, names, &[]), known);
        assert!(global(&["Stock", "lock"], "Stock.lock"));
        assert!(!global(&["Orders", "lock"], "Stock.lock"));
        assert!(!global(&["lock"], "Stock.lock"));
        // A name of a module in front.
        assert!(global(&["shop", "Stock", "lock"], "Stock.lock"));
        assert!(!is_same_path(
            &path(false, &["shop", "self", "lock"], &[]),
            "self.lock"
        ));
        assert!(is_same_path(
            &path(false, &["self", "lock"], &[]),
            "self.lock"
        ));
        assert!(global(&["JOBS"], "JOBS.get()"));
        let keyed = |key: &str, known: &str| is_same_path(&path(true, &["LOCKS"], &[key]), known);
        assert!(keyed("'a'", "LOCKS['a']"));
        assert!(!keyed("'b'", "LOCKS['a']"));
        assert!(keyed("'a'", "LOCKS('a')"));
        // A key that is a value says nothing.
        assert!(global(&["LOCKS"], "LOCKS['a']"));
    }
}
