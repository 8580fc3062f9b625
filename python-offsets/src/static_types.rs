//! Attributes of the static types of CPython's core.
//!
//! From 3.12 the dict of a static type is not reachable from the type object
//! (`lookup_tp_dict`, Objects/typeobject.c), so that its names are kept here.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Made by `scripts/generate-static-types`, which describes the format.
const TABLE: &str = include_str!("static_types.txt");

type Attributes = HashMap<&'static str, Attribute>;

#[derive(Debug, Clone, Copy)]
struct Attribute {
    first: u32,
    last: u32,
    computed: bool,
}

/// The attributes of the static types of one minor version.
#[derive(Debug, Clone, Copy)]
pub struct StaticTypes {
    minor: u32,
}

impl StaticTypes {
    /// The types of a build, by its minor version (`3.13`, `3.13t`).
    pub fn of(minor: &str) -> Self {
        Self {
            minor: crate::minor_number(minor),
        }
    }

    /// Whether the static type `name` has `attribute`; `None` if the type is
    /// not in the table.
    pub fn has(self, name: &str, attribute: &str) -> Option<bool> {
        let known = table().get(name)?.get(attribute);
        Some(known.is_some_and(|known| (known.first..=known.last).contains(&self.minor)))
    }

    /// Whether the static type `name` computes `attribute` when it is read, so
    /// that it is not a method.
    pub fn computes(self, name: &str, attribute: &str) -> bool {
        let known = table().get(name).and_then(|known| known.get(attribute));
        known.is_some_and(|known| known.computed)
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

#[cfg(test)]
mod tests {
    use super::StaticTypes;

    #[test]
    fn versions_bound_the_attributes() {
        assert_eq!(
            StaticTypes::of("3.8").has("str", "removeprefix"),
            Some(false)
        );
        assert_eq!(
            StaticTypes::of("3.9").has("str", "removeprefix"),
            Some(true)
        );
        assert_eq!(StaticTypes::of("3.7").has("str", "upper"), Some(true));
        assert_eq!(StaticTypes::of("3.7").has("nothing", "upper"), None);
        let types = StaticTypes::of("3.13t");
        assert_eq!(types.has("generator", "gi_code"), Some(true));
        assert!(types.computes("generator", "gi_code"));
        assert!(!types.computes("generator", "send"));
    }
}
