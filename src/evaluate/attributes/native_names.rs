//! What attributes the static types of CPython have: from 3.12 their dicts are
//! not reachable from the type object.

use std::collections::HashMap;
use std::sync::OnceLock;

/// One line per type: `name: attribute =attribute@FIRST-LAST …`, where FIRST and
/// LAST are the minor versions from and up to which the type has it, and `=`
/// marks what is computed when it is read, and no method. Made from
/// `type.__dict__` of CPython 3.7 to 3.15.
const TABLE: &str = include_str!("native_names.txt");

type Attributes = HashMap<&'static str, Attribute>;

#[derive(Debug, Clone, Copy)]
struct Attribute {
    first: u32,
    last: u32,
    computed: bool,
}

impl Attribute {
    fn is_in(self, minor: u32) -> bool {
        (self.first..=self.last).contains(&minor)
    }
}

fn table() -> &'static HashMap<&'static str, Attributes> {
    static PARSED: OnceLock<HashMap<&'static str, Attributes>> = OnceLock::new();
    PARSED.get_or_init(|| TABLE.lines().filter_map(line).collect())
}

fn line(line: &'static str) -> Option<(&'static str, Attributes)> {
    let (name, attributes) = line.split_once(": ")?;
    Some((name, attributes.split(' ').map(attribute).collect()))
}

fn attribute(word: &'static str) -> (&'static str, Attribute) {
    let (word, computed) = match word.strip_prefix('=') {
        Some(word) => (word, true),
        None => (word, false),
    };
    let (name, range) = word.split_once('@').unwrap_or((word, "-"));
    let (first, last) = range.split_once('-').unwrap_or((range, ""));
    let bounds = Attribute {
        first: first.parse().unwrap_or(0),
        last: last.parse().unwrap_or(u32::MAX),
        computed,
    };
    (name, bounds)
}

/// Whether the static type `name` computes `attribute` when it is read.
pub(crate) fn computes(name: &str, attribute: &str) -> bool {
    let known = table().get(name).and_then(|known| known.get(attribute));
    known.is_some_and(|known| known.computed)
}

/// Whether the static type `name` has `attribute` in `3.minor`; `None` of a type
/// that is not known.
pub(crate) fn has(name: &str, attribute: &str, minor: u32) -> Option<bool> {
    let attributes = table().get(name)?;
    Some(
        attributes
            .get(attribute)
            .is_some_and(|known| known.is_in(minor)),
    )
}

/// The attributes of the static type `name` in `3.minor`.
pub(crate) fn of(name: &str, minor: u32) -> Option<Vec<&'static str>> {
    let attributes = table().get(name)?;
    let mut names: Vec<_> = attributes
        .iter()
        .filter(|(_, known)| known.is_in(minor))
        .map(|(name, _)| *name)
        .collect();
    names.sort_unstable();
    Some(names)
}

#[cfg(test)]
mod tests {
    use crate::evaluate::attributes::native_names::*;

    #[test]
    fn versions_bound_the_attributes() {
        assert_eq!(has("str", "removeprefix", 8), Some(false));
        assert_eq!(has("str", "removeprefix", 9), Some(true));
        assert_eq!(has("str", "upper", 7), Some(true));
        assert_eq!(has("nothing", "upper", 7), None);
        assert_eq!(has("generator", "gi_code", 13), Some(true));
        assert!(computes("generator", "gi_code"));
        assert!(!computes("generator", "send"));
    }
}
