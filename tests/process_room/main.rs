//! The module `process`: real processes, read from outside.

mod images;
mod measurements;
mod memory;
mod oracles;
mod processes;
mod stopping;
mod support;
