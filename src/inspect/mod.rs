//! Samples, diagnoses and records processes, live or recorded. This is the interface
//! of `cli/` and `dap/`.

mod budget;
pub mod following;
pub mod inspection;
pub mod key_looks;
mod live;
mod on_demand;
pub mod profiling;
pub mod recorder;
pub mod recording;
mod redact;
mod sources;
mod target;
pub mod watching;

pub use inspection::Inspection;
pub use sources::ProcessSources;
pub use target::{Source, Target};

pub use crate::process::Error;
pub use crate::snapshot::options::{SampleOptions, Scope};
