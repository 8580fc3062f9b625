//! Look at processes, live or recorded, judge them, and record them: what `cli/`
//! and `dap/` use.

pub mod inspection;
mod live;
pub mod recorder;
pub mod recording;
mod redact;
mod sources;
mod target;

pub use sources::ProcessSources;
pub use target::{Source, Target};
