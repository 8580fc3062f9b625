//! Reading `/proc`: processes, threads, mappings, descriptors.

pub mod children;
pub(super) mod clock;
pub mod delays;
pub mod descriptors;
pub mod ends;
pub mod execution;
pub mod family;
mod file_locks;
pub mod files;
pub mod list;
mod owners;
pub mod shared;
mod sock_diag;
pub mod tcp_facts;
pub mod thread;
