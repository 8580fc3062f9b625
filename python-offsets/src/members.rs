//! The C member of each key of a layout: `data/members.toml`, parsed.

use std::sync::OnceLock;

use serde::Deserialize;
use toml::Value;

use crate::Error;

/// The parsed file.
#[derive(Debug)]
pub struct Members {
    /// Source files whose compilation units define the structures.
    pub sources: Vec<String>,
    /// All keys, in the order of the file.
    pub keys: Vec<Key>,
}

/// A field of a layout and how to find it.
#[derive(Debug)]
pub struct Key {
    /// `group.field`.
    pub name: String,
    /// Expressions, of which the first that a binary can resolve applies.
    pub at: Vec<Candidate>,
    /// Whether the base of a table may state it.
    pub in_table: bool,
}

/// An expression and the condition under which it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The expression.
    pub expression: Expression,
    pub(crate) condition: Option<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub expression: Expression,
    /// Whether the expression must be resolvable, or must not be.
    pub known: bool,
}

/// An expression over C types, see `data/members.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// As written.
    pub text: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Offset(Path),
    Size(Root),
    Count(Path),
    Bit(Path),
    Bits(Path, Path),
}

/// A type by its name in C.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Root {
    /// Whether the name is the tag of a `struct`, not a `typedef`.
    pub tag: bool,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub member: String,
    pub index: Option<u64>,
}

impl Members {
    /// The members in `data/members.toml`.
    ///
    /// # Errors
    /// When the embedded file is malformed.
    pub fn embedded() -> Result<&'static Self, Error> {
        static MEMBERS: OnceLock<Result<Members, Error>> = OnceLock::new();
        MEMBERS
            .get_or_init(|| Self::parse(include_str!("../data/members.toml")))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let shape = |error: toml::de::Error| Error::Shape(error.to_string());
        let mut tree: toml::Table = toml::from_str(text).map_err(shape)?;
        let sources = tree.remove("sources").unwrap_or(Value::Array(Vec::new()));
        let mut keys = Vec::new();
        for (group, fields) in tree {
            let fields: toml::Table = fields.try_into().map_err(shape)?;
            for (field, entry) in fields {
                let entry: Entry = entry.try_into().map_err(shape)?;
                keys.push(entry.key(format!("{group}.{field}"))?);
            }
        }
        Ok(Self {
            sources: sources.try_into().map_err(shape)?,
            keys,
        })
    }

    /// Every type that an expression starts from.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Root> {
        self.keys
            .iter()
            .flat_map(|key| &key.at)
            .flat_map(|candidate| {
                let condition = candidate.condition.as_ref().map(|c| &c.expression);
                std::iter::once(&candidate.expression).chain(condition)
            })
            .flat_map(|expression| match &expression.kind {
                Kind::Size(root) => [Some(root), None],
                Kind::Offset(path) | Kind::Count(path) | Kind::Bit(path) => {
                    [Some(&path.root), None]
                }
                Kind::Bits(from, to) => [Some(&from.root), Some(&to.root)],
            })
            .flatten()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Plain(Vec<String>),
    Full(FullEntry),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullEntry {
    at: Vec<String>,
    table: bool,
}

impl Entry {
    fn key(self, name: String) -> Result<Key, Error> {
        let (at, in_table) = match self {
            Self::Plain(at) => (at, true),
            Self::Full(entry) => (entry.at, entry.table),
        };
        let at = at.iter().map(|text| Candidate::parse(text));
        Ok(Key {
            name,
            at: at.collect::<Result<_, _>>()?,
            in_table,
        })
    }
}

impl Candidate {
    fn parse(text: &str) -> Result<Self, Error> {
        let on = |known| move |(text, condition)| (text, Some((condition, known)));
        let (text, condition) = None
            .or_else(|| text.split_once(" if ").map(on(true)))
            .or_else(|| text.split_once(" unless ").map(on(false)))
            .unwrap_or((text, None));
        let condition = condition.map(|(text, known)| {
            Expression::parse(text).map(|expression| Condition { expression, known })
        });
        Ok(Self {
            expression: Expression::parse(text)?,
            condition: condition.transpose()?,
        })
    }
}

impl Expression {
    fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Shape(format!("`{text}` is no expression over C types"));
        let call = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let kind = match call {
            None => Path::parse(text).map(Kind::Offset),
            Some(("sizeof", root)) => Root::parse(root).map(Kind::Size),
            Some(("count", path)) => Path::parse(path).map(Kind::Count),
            Some(("bit", path)) => Path::parse(path).map(Kind::Bit),
            Some(("bits", paths)) => paths
                .split_once(", ")
                .and_then(|(from, to)| Some(Kind::Bits(Path::parse(from)?, Path::parse(to)?))),
            Some(_) => None,
        };
        Ok(Self {
            text: text.to_owned(),
            kind: kind.ok_or_else(malformed)?,
        })
    }
}

impl Root {
    fn parse(text: &str) -> Option<Self> {
        let tag = text.strip_prefix("struct ");
        let name = identifier(tag.unwrap_or(text))?;
        Some(Self {
            tag: tag.is_some(),
            name,
        })
    }
}

impl Path {
    fn parse(text: &str) -> Option<Self> {
        let (root, steps) = text.split_once('.')?;
        Some(Self {
            root: Root::parse(root)?,
            steps: steps.split('.').map(Step::parse).collect::<Option<_>>()?,
        })
    }
}

impl Step {
    fn parse(text: &str) -> Option<Self> {
        let (member, index) = match text.strip_suffix(']') {
            Some(text) => {
                let (member, index) = text.split_once('[')?;
                (member, Some(index.parse().ok()?))
            }
            None => (text, None),
        };
        Some(Self {
            member: identifier(member)?,
            index,
        })
    }
}

fn identifier(text: &str) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!text.is_empty() && text.bytes().all(word)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{minors, table};

    #[test]
    fn every_expression_is_understood() {
        let members = Members::embedded().expect("the embedded file");
        assert!(members.sources.len() > 10);
        assert!(members.keys.len() > 100);
    }

    #[test]
    fn malformed_expressions_are_refused() {
        for text in [
            "",
            "T",
            "T.",
            "T..a",
            "sizeof(T.a)",
            "bits(T.a)",
            "T.a[x]",
            "size(T)",
            "T.a b",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_are_fields_of_a_layout() {
        let members = Members::embedded().expect("the embedded file");
        let known: Vec<String> = minors()
            .flat_map(|name| {
                let free_threaded = name.ends_with('t');
                let table = table(name.trim_end_matches('t'), free_threaded).expect("listed");
                table
                    .recognised()
                    .flat_map(|layout| layout.numbers().into_keys())
                    .collect::<Vec<_>>()
            })
            .collect();
        for key in &members.keys {
            let stated = known.contains(&key.name);
            // Only free-threaded builds of versions without a table have these.
            let unstated = ["code.co_tlbc", "frame.tlbc_index"].contains(&key.name.as_str());
            assert!(stated || unstated, "{}", key.name);
        }
    }
}
