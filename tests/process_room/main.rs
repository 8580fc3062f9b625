//! The module `process`: real processes, read from outside.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

mod ends;
mod images;
mod measurements;
mod memory;
mod oracles;
mod processes;
mod stopping;
mod support;
