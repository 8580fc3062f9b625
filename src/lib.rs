//! See every thread and every asyncio task of a running Python process, from
//! outside, without touching it.
//!
//! [`inspect`] samples a process and diagnoses it, [`model`] is the plain data that
//! this gives, and [`report`] prints it.
//!
//! ```no_run
//! use std::io::stdout;
//!
//! use dapper_attach::inspect::Inspection;
//! use dapper_attach::report::json;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let snapshot = Inspection::new(4242).diagnosed()?;
//!     for process in &snapshot.processes {
//!         for task in &process.tasks {
//!             println!("{} waits for {:?}", task.name, task.waits_for);
//!         }
//!         for diagnosis in &process.diagnoses {
//!             println!("{}: {}", diagnosis.kind, diagnosis.summary);
//!         }
//!     }
//!     json::write(&mut stdout(), &snapshot, true)?;
//!     Ok(())
//! }
//! ```
//!
//! The feature `internals` makes the other rooms public. It is for the tests and the
//! fuzz targets of this crate, and nothing of it is stable.
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, reason = "not an interface")
)]
#![cfg_attr(
    not(feature = "internals"),
    allow(
        dead_code,
        unused_imports,
        unreachable_pub,
        reason = "tests and fuzz targets use more of the rooms; with them on, both are checked"
    )
)]

#[doc(hidden)]
pub mod cli;
pub mod inspect;
pub mod model;
pub mod report;

#[cfg(feature = "internals")]
pub mod activity;
#[cfg(not(feature = "internals"))]
mod activity;

#[cfg(feature = "internals")]
pub mod asyncio;
#[cfg(not(feature = "internals"))]
mod asyncio;

#[cfg(feature = "internals")]
pub mod greenlet;
#[cfg(not(feature = "internals"))]
mod greenlet;

#[cfg(feature = "internals")]
pub mod trio;
#[cfg(not(feature = "internals"))]
mod trio;

#[cfg(feature = "internals")]
pub mod capture;
#[cfg(not(feature = "internals"))]
mod capture;

#[cfg(feature = "internals")]
pub mod cpython;
#[cfg(not(feature = "internals"))]
mod cpython;

#[cfg(feature = "internals")]
pub mod dap;
#[cfg(not(feature = "internals"))]
mod dap;

#[cfg(feature = "internals")]
pub mod diagnosis;
#[cfg(not(feature = "internals"))]
mod diagnosis;

#[cfg(feature = "internals")]
pub mod evaluate;
#[cfg(not(feature = "internals"))]
mod evaluate;

#[cfg(feature = "internals")]
pub mod limits;
#[cfg(not(feature = "internals"))]
mod limits;

#[cfg(feature = "internals")]
pub mod plain_text;
#[cfg(not(feature = "internals"))]
mod plain_text;

#[cfg(feature = "internals")]
pub mod process;
#[cfg(not(feature = "internals"))]
mod process;

#[cfg(feature = "internals")]
pub mod profile;
#[cfg(not(feature = "internals"))]
mod profile;

#[cfg(feature = "internals")]
pub mod sampling;
#[cfg(not(feature = "internals"))]
mod sampling;

#[cfg(feature = "internals")]
pub mod snapshot;
#[cfg(not(feature = "internals"))]
mod snapshot;

mod source_depth;

#[cfg(feature = "internals")]
pub mod top;
#[cfg(not(feature = "internals"))]
mod top;
