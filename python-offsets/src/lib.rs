//! Where each field of CPython's structures lies, per version.
//!
//! A [`Layout`] holds every offset that reading a CPython process on x86-64 Linux
//! needs. The numbers come from three sources, see [`Source`]. Each yields an
//! [`Overlay`] over the [`Table`] of the minor version, and the resulting layout
//! is checked as a whole:
//!
//! ```
//! use python_offsets::{Overlay, table};
//!
//! let table = table("3.10", false).expect("3.10 has a table");
//! let layout = table.for_task_size(184).expect("3.10.0 to 3.10.5");
//! assert_eq!(layout.task.coro, 152);
//!
//! let measured = Overlay::from([("interp.modules".to_owned(), 864)]);
//! assert_eq!(layout.overlaid(&measured)?.interp.modules, 864);
//! # Ok::<(), python_offsets::Error>(())
//! ```
//!
//! A build that no source describes is refused, because a wrong offset yields
//! plausible values and no error.

pub mod asyncio_debug;
mod behaviour;
mod check;
pub mod dwarf;
pub mod elf;
mod error;
mod layout;
pub mod members;
mod overlay;
pub mod published;
mod static_types;
mod table;

pub use asyncio_debug::{AsyncioDebug, AsyncioDebugError};
pub use behaviour::{Behaviour, FloatSum};
pub use dwarf::{DwarfError, Found, Links};
pub use error::Error;
pub use layout::*;
pub use overlay::Overlay;
pub use published::{Published, PublishedError};
pub use static_types::StaticTypes;
pub use table::{SUPPORTED, Table, VersionRange, minors, table};

/// 13 of `3.13` or `3.13t`; 0 if it is not a minor version.
fn minor_number(minor: &str) -> u32 {
    let number = minor.trim_end_matches('t').rsplit('.').next();
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The source of the numbers of a layout, the most trustworthy first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The process itself: `_Py_DebugOffsets`, `_AsyncioDebug`.
    Published,
    /// The debug information of the binary itself, matched by its build id.
    Dwarf,
    /// The table of the minor version.
    Table,
}
