//! Offsets that CPython publishes about itself: `_Py_DebugOffsets`.
//!
//! From 3.13 on it is the first member of `_PyRuntime`
//! (`Include/internal/pycore_debug_offsets.h`). The order of its `u64` is in
//! `data/published.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Error, Overlay};

/// The bytes that `_Py_DebugOffsets` starts with.
pub const COOKIE: &[u8; 8] = b"xdebugpy";

/// Upper bound of the size of `_Py_DebugOffsets` of any version, in bytes.
pub const MAX_SIZE: usize = 4096;

/// Upper bound of every published size and offset.
const MAX_OFFSET: u64 = 1 << 24;

/// The offsets that a process publishes about its own structures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// `PY_VERSION_HEX`: `0x30e0af0` is 3.14.10 final.
    pub version: u32,
    /// The minor version, `3.14`.
    pub minor: String,
    /// Whether it is the free-threaded ABI.
    pub free_threaded: bool,
    /// The published fields of a [`Layout`](crate::Layout).
    pub overlay: Overlay,
    /// Everything that is published, by CPython's names: `thread_state.size`.
    pub all: BTreeMap<String, u64>,
}

/// Published offsets that were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishedError {
    /// There are not enough bytes.
    #[error("_Py_DebugOffsets takes {need} bytes, there are {have}")]
    Truncated {
        /// Bytes that this version's struct has.
        need: usize,
        /// Bytes that were given.
        have: usize,
    },
    /// It does not start with [`COOKIE`].
    #[error("_Py_DebugOffsets does not start with its cookie")]
    Cookie,
    /// The version is not one whose struct is known.
    #[error("_Py_DebugOffsets of version {version:#x} is not known")]
    UnknownVersion {
        /// `PY_VERSION_HEX` as published.
        version: u64,
    },
    /// An alpha, beta or release candidate, whose layout is not settled.
    #[error("CPython {version:#x} is a pre-release, whose layout is not settled")]
    PreRelease {
        /// `PY_VERSION_HEX` as published.
        version: u64,
    },
    /// The flag is neither 0 nor 1.
    #[error("the free-threaded flag is {value}")]
    Flag {
        /// Its value.
        value: u64,
    },
    /// `pyobject.size` is not that of the ABI.
    #[error("pyobject.size is {size}")]
    Header {
        /// Its value.
        size: u64,
    },
    /// A size is zero or absurd.
    #[error("{field} is {value}, no size")]
    Size {
        /// The size, by CPython's name.
        field: String,
        /// Its value.
        value: u64,
    },
    /// An offset lies outside the structure.
    #[error("{field} is {value}, outside the structure of {size} bytes")]
    Outside {
        /// The field, by CPython's name.
        field: String,
        /// Its value.
        value: u64,
        /// Size of the structure, or the largest offset that is believed.
        size: u64,
    },
    /// A pointer-sized field is not aligned.
    #[error("{field} is {value}, which is not aligned")]
    Unaligned {
        /// The field, by CPython's name.
        field: String,
        /// Its value.
        value: u64,
    },
    /// Two fields of one structure have the same offset.
    #[error("{field} and {other} are both {value}")]
    Overlapping {
        /// The one field, by CPython's name.
        field: String,
        /// The other one.
        other: String,
        /// The offset of both.
        value: u64,
    },
    /// The data of this crate names a field that is not published.
    #[error(transparent)]
    Data(#[from] Error),
}

impl Published {
    /// Reads `_Py_DebugOffsets` from the bytes at the start of `_PyRuntime`.
    /// Pass [`MAX_SIZE`] bytes; those after the struct are ignored.
    ///
    /// # Errors
    /// When it is no such struct, its version is unknown or not final, or a number
    /// in it breaks a rule that holds for every build.
    pub fn parse(bytes: &[u8]) -> Result<Self, PublishedError> {
        let spec = spec()?;
        let truncated = |need| PublishedError::Truncated {
            need,
            have: bytes.len(),
        };
        if !bytes.starts_with(COOKIE) {
            return Err(PublishedError::Cookie);
        }
        let word = |index: usize| -> Option<u64> {
            let bytes = bytes.get(index * 8..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes))
        };
        let version = word(1).ok_or_else(|| truncated(HEADER * 8))?;
        let flag = word(2).ok_or_else(|| truncated(HEADER * 8))?;

        let unknown = PublishedError::UnknownVersion { version };
        let minor = format!("{}.{}", version >> 24, version >> 16 & 0xff);
        let (Ok(hex), Some(groups)) = (u32::try_from(version), spec.fields.get(&minor)) else {
            return Err(unknown);
        };
        // PY_VERSION_HEX: major, minor, micro, level (0xf final), serial.
        if hex & 0xff != 0xf0 {
            return Err(PublishedError::PreRelease { version });
        }
        if flag > 1 {
            return Err(PublishedError::Flag { value: flag });
        }

        let names: Vec<String> = groups.iter().flat_map(|group| names(group)).collect();
        let mut all = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            let value = word(HEADER + index);
            let value = value.ok_or_else(|| truncated((HEADER + names.len()) * 8))?;
            all.insert(name.clone(), value);
        }
        spec.validate(groups, &all, flag == 1)?;
        Ok(Self {
            version: hex,
            minor,
            free_threaded: flag == 1,
            overlay: spec.overlay(&all, flag == 1)?,
            all,
        })
    }
}

/// Words in front of the offsets: cookie, version, free-threaded.
const HEADER: usize = 3;

/// `data/published.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    fields: BTreeMap<String, Vec<String>>,
    layout: BTreeMap<String, String>,
    layout_free_threaded: BTreeMap<String, String>,
    rules: Rules,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    elsewhere: Vec<String>,
    narrow: Vec<String>,
}

fn spec() -> Result<&'static Spec, Error> {
    static SPEC: OnceLock<Result<Spec, Error>> = OnceLock::new();
    let parse = || {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/published.json")))
            .map_err(|error| Error::Shape(error.to_string()))
    };
    SPEC.get_or_init(parse).as_ref().map_err(Clone::clone)
}

/// Whether processes of this minor version publish their offsets.
#[must_use]
pub fn is_published(minor: &str) -> bool {
    spec().is_ok_and(|spec| spec.fields.contains_key(minor))
}

/// The full names of the fields of a group: `pyobject.size` and `pyobject.ob_type`
/// for `pyobject size ob_type`.
fn names(group: &str) -> impl Iterator<Item = String> {
    let mut words = group.split_whitespace();
    let group = words.next().unwrap_or_default();
    words.map(move |field| format!("{group}.{field}"))
}

impl Spec {
    fn validate(
        &self,
        groups: &[String],
        all: &BTreeMap<String, u64>,
        free_threaded: bool,
    ) -> Result<(), PublishedError> {
        let header = all.get("pyobject.size").copied().unwrap_or_default();
        // Builds with a GIL have 32 bytes if they trace references.
        if header != 32 && (header != 16 || free_threaded) {
            return Err(PublishedError::Header { size: header });
        }
        for group in groups {
            self.validate_group(group, all)?;
        }
        Ok(())
    }

    fn validate_group(
        &self,
        group: &str,
        all: &BTreeMap<String, u64>,
    ) -> Result<(), PublishedError> {
        let mut size = MAX_OFFSET;
        let mut taken: BTreeMap<u64, String> = BTreeMap::new();
        for field in names(group) {
            let value = all.get(&field).copied().unwrap_or_default();
            if field.ends_with(".size") {
                if value == 0 || value > MAX_OFFSET {
                    return Err(PublishedError::Size { field, value });
                }
                size = value;
                continue;
            }
            if self.rules.elsewhere.contains(&field) {
                continue;
            }
            let part_size = field.ends_with("_size") && !field.ends_with("ob_size");
            if value > size || (value == size && !part_size) {
                return Err(PublishedError::Outside { field, value, size });
            }
            if !value.is_multiple_of(8) && !self.rules.narrow.contains(&field) {
                return Err(PublishedError::Unaligned { field, value });
            }
            // 0 also means that a build does not have the field.
            if value == 0 {
                continue;
            }
            if let Some(other) = taken.insert(value, field.clone()) {
                return Err(PublishedError::Overlapping {
                    field,
                    other,
                    value,
                });
            }
        }
        Ok(())
    }

    /// The numbers of `all` that a layout has a field for.
    fn overlay(
        &self,
        all: &BTreeMap<String, u64>,
        free_threaded: bool,
    ) -> Result<Overlay, PublishedError> {
        let more = free_threaded.then_some(&self.layout_free_threaded);
        let mut overlay = Overlay::new();
        for (key, source) in self.layout.iter().chain(more.into_iter().flatten()) {
            let (field, base) = match source.split_once(" - ") {
                Some((field, base)) => (field, all.get(base)),
                None => (source.as_str(), Some(&0)),
            };
            // Other sources give the fields that this version does not publish.
            let (Some(value), Some(base)) = (all.get(field), base) else {
                continue;
            };
            let outside = || PublishedError::Outside {
                field: field.to_owned(),
                value: *value,
                size: MAX_OFFSET,
            };
            let value = value.checked_sub(*base).ok_or_else(outside)?;
            overlay.insert(key.clone(), i64::try_from(value).map_err(|_| outside())?);
        }
        Ok(overlay)
    }
}
