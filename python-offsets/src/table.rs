//! The tables of this crate, one per minor version and ABI.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Layout, Overlay};

/// The layout of one minor version, and how its builds differ.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    base: Layout,
    variants: Vec<Variant>,
}

/// A build that is recognised by its sizes. It adds to the base or changes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    /// The releases that this describes, for a human reviewer.
    #[serde(rename = "what")]
    _what: String,
    /// The sizes that identify this build.
    when: Overlay,
    /// The values that differ from the base.
    set: BTreeMap<String, Value>,
}

impl Table {
    /// Reads a table in the form that people edit: the groups of a [`Layout`], and
    /// `[[variant]]` entries.
    ///
    /// # Errors
    /// When it is not TOML, not a layout, or the layout or one of its variants
    /// contradicts itself.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let shape = |error: toml::de::Error| Error::Shape(error.to_string());
        let mut tree: toml::Table = toml::from_str(text).map_err(shape)?;
        let variants: Vec<Variant> = match tree.remove("variant") {
            Some(variants) => variants.try_into().map_err(shape)?,
            None => Vec::new(),
        };
        let base: Layout = tree.try_into().map_err(shape)?;
        base.check()?;
        let table = Self { base, variants };
        for variant in &table.variants {
            variant.apply(&table.base)?;
        }
        Ok(table)
    }

    /// Reads a table in the form that `build.rs` embeds.
    fn embedded(json: &str) -> Result<Self, Error> {
        let table: Self =
            serde_json::from_str(json).map_err(|error| Error::Shape(error.to_string()))?;
        table.base.check()?;
        Ok(table)
    }

    /// The layout of builds of this minor version that no variant recognises. Fields
    /// that only variants state are `None`.
    #[must_use]
    pub fn base(&self) -> &Layout {
        &self.base
    }

    /// The layouts of all builds that can be distinguished: the base, then each
    /// variant.
    pub fn recognised(&self) -> impl Iterator<Item = Layout> {
        let base = std::iter::once(self.base.clone());
        // The tests have applied each of them.
        let apply = |variant: &Variant| variant.apply(&self.base).ok();
        base.chain(self.variants.iter().filter_map(apply))
    }

    /// The layout of the build that has these sizes.
    ///
    /// Relevant keys: `task.size` (`tp_basicsize` of `_asyncio.Task`),
    /// `thread.size` and `interp.size` (published from 3.13 on), `runtime.size`
    /// (the ELF symbol `_PyRuntime`). Other keys have no effect, so everything
    /// that a process published may be passed. The result is the first variant
    /// whose sizes were all observed, otherwise the base.
    ///
    /// # Errors
    /// [`Error::UnknownBuild`] when `task.size` was observed and no known build
    /// has it.
    pub fn select(&self, observed: &Overlay) -> Result<Layout, Error> {
        let layout = match self.variant(observed) {
            Some(index) => self.variants[index].apply(&self.base)?,
            None => self.base.clone(),
        };
        match observed.get(TASK_SIZE) {
            Some(&size) if size != i64::from(layout.task.size) => Err(Error::UnknownBuild {
                minor: layout.build.minor,
                key: TASK_SIZE.to_owned(),
                value: size,
            }),
            _ => Ok(layout),
        }
    }

    /// Whether [`Self::select`] selects the same build for both.
    #[must_use]
    pub fn is_same_build(&self, observed: &Overlay, more: &Overlay) -> bool {
        self.variant(observed) == self.variant(more)
    }

    /// Index of the first variant whose sizes were all observed.
    fn variant(&self, observed: &Overlay) -> Option<usize> {
        self.variants.iter().position(|variant| {
            let mut sizes = variant.when.iter();
            sizes.all(|(key, size)| observed.get(key) == Some(size))
        })
    }

    /// The layout of the build whose `_asyncio.Task` has this `tp_basicsize`.
    #[must_use]
    pub fn for_task_size(&self, size: u32) -> Option<Layout> {
        self.select(&Overlay::from([(TASK_SIZE.to_owned(), size.into())]))
            .ok()
    }
}

const TASK_SIZE: &str = "task.size";

impl Variant {
    fn apply(&self, base: &Layout) -> Result<Layout, Error> {
        let when = self
            .when
            .iter()
            .map(|(key, size)| (key.as_str(), Value::from(*size)));
        let set = self
            .set
            .iter()
            .map(|(key, value)| (key.as_str(), value.clone()));
        base.with(when.chain(set))
    }
}

type Embedded = (&'static str, &'static str, OnceLock<Option<Table>>);

/// Embeds the tables with these names, oldest first.
macro_rules! embedded {
    ($first:literal $($name:literal)* .. $last:literal) => {
        const NAMES: &[&str] = &[$first, $($name,)* $last];

        static TABLES: [Embedded; NAMES.len()] = [
            embedded!(table $first),
            $(embedded!(table $name),)*
            embedded!(table $last),
        ];

        /// The versions of CPython that have a table.
        pub const SUPPORTED: VersionRange = VersionRange {
            first: $first,
            last: $last,
        };
    };
    (table $name:literal) => {
        (
            $name,
            include_str!(concat!(env!("OUT_DIR"), "/", $name, ".json")),
            OnceLock::new(),
        )
    };
}

// The last one is the newest minor version: it ends the range that users are told.
embedded!["3.7" "3.8" "3.9" "3.10" "3.11" "3.12" "3.13" "3.13t" "3.14" .. "3.15"];

/// A range of minor versions. Prints as `3.7 to 3.15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    /// The oldest version.
    pub first: &'static str,
    /// The newest version.
    pub last: &'static str,
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.first, self.last)
    }
}

/// The table of a minor version (`3.13`), or of its free-threaded build.
///
/// `None` where there is none: then the process has to be refused.
#[must_use]
pub fn table(minor: &str, free_threaded: bool) -> Option<&'static Table> {
    let (_, text, parsed) = TABLES
        .iter()
        .find(|(name, ..)| match name.strip_suffix('t') {
            Some(name) => free_threaded && name == minor,
            None => !free_threaded && *name == minor,
        })?;
    parsed.get_or_init(|| Table::embedded(text).ok()).as_ref()
}

/// The names of all tables, oldest first: `3.7` … `3.13`, `3.13t` …
pub fn minors() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Offset;

    fn observed(key: &str, value: i64) -> Overlay {
        Overlay::from([(key.to_owned(), value)])
    }

    fn source(name: &str) -> String {
        std::fs::read_to_string(format!("data/{name}.toml")).expect("each table has a source")
    }

    #[test]
    fn every_table_is_a_layout_that_keeps_the_rules() {
        for (name, json, _) in &TABLES {
            let table = Table::parse(&source(name));
            let table = table.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(table.base.build.minor, *name);
            assert_eq!(
                table.base.build.free_threaded,
                name.ends_with('t'),
                "{name}"
            );
            assert_eq!(Table::embedded(json), Ok(table), "{name}");
        }
    }

    #[test]
    fn every_line_of_a_table_names_its_member() {
        for name in minors() {
            let text = source(name);
            let fields = text.lines().skip_while(|line| *line != "[format]");
            for line in fields.filter(|line| line.contains(" = ") && !line.starts_with("what")) {
                assert!(line.contains("  # "), "{name}: {line}");
            }
        }
    }

    #[test]
    fn the_supported_range_is_that_of_the_tables() {
        let mut minors = minors().filter(|name| !name.ends_with('t'));
        assert_eq!(minors.next(), Some(SUPPORTED.first));
        assert_eq!(minors.last(), Some(SUPPORTED.last));
        assert_eq!(SUPPORTED.to_string(), "3.7 to 3.15");
    }

    #[test]
    fn tables_are_found_by_minor_and_abi() {
        assert!(table("3.13", true).is_some_and(|table| table.base().object.size == 32));
        assert!(table("3.13", false).is_some_and(|table| table.base().object.size == 16));
        assert_eq!(minors().count(), TABLES.len());
        for (minor, free_threaded) in [("3.12", true), ("3.6", false), ("3.13t", true), ("", false)]
        {
            assert!(
                table(minor, free_threaded).is_none(),
                "{minor} {free_threaded}"
            );
        }
    }

    #[test]
    fn early_3_10_is_told_by_the_size_of_a_task() {
        let table = table("3.10", false).expect("3.10 has a table");
        let late = table.for_task_size(192).expect("3.10.6 and later");
        let early = table.for_task_size(184).expect("3.10.0 to 3.10.5");
        assert_eq!(
            (late.task.coro.bytes(), early.task.coro.bytes()),
            (160, 152)
        );
        assert_eq!(late.task.exception.bytes(), 48);
        assert_eq!(early.task.exception.bytes(), 48);
        assert_eq!(early.task.size, 184);
        let nothing = Overlay::new();
        assert!(table.is_same_build(&nothing, &observed("task.size", 192)));
        assert!(!table.is_same_build(&nothing, &observed("task.size", 184)));
    }

    #[test]
    fn a_task_of_unknown_size_is_refused() {
        for name in minors() {
            let free_threaded = name.ends_with('t');
            let table = table(name.trim_end_matches('t'), free_threaded).expect("listed");
            assert!(
                table.for_task_size(table.base().task.size).is_some(),
                "{name}"
            );
            let refused = table.select(&observed("task.size", 188));
            assert!(
                matches!(refused, Err(Error::UnknownBuild { .. })),
                "{name}: {refused:?}"
            );
        }
    }

    #[test]
    fn what_only_a_recognised_build_has_is_absent_otherwise() {
        let table = table("3.14", false).expect("3.14 has a table");
        let head = |size| {
            table
                .select(&observed("interp.size", size))
                .map(|l| l.interp.asyncio_tasks_head)
        };
        assert_eq!(head(225_864), Ok(Some(Offset::new(10_880))));
        assert_eq!(head(225_880), Ok(Some(Offset::new(10_888))));
        assert_eq!(head(225_872), Ok(None));
    }

    #[test]
    fn the_running_loop_of_3_13_moves_with_the_size_of_a_thread() {
        let table = table("3.13", false).expect("3.13 has a table");
        for size in [304, 312] {
            let layout = table
                .select(&observed("thread.size", size))
                .expect("known sizes");
            assert_eq!(
                layout
                    .thread
                    .asyncio_running_loop
                    .map(|field| field.bytes().into()),
                Some(size)
            );
        }
    }
}
