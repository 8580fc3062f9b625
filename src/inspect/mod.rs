//! The facade of `cli/` and `dap/`: look at processes, live or recorded, and judge them.

pub mod inspection;
pub mod recording;
pub mod redact;
pub mod sources;

pub use recording::Source;
pub use sources::ProcessSources;
