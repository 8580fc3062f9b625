//! The room `target`: real processes, looked at from outside.

mod images;
mod memory;
mod processes;
mod stopping;
mod support;
