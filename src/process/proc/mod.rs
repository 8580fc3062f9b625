//! What `/proc` says: processes, threads, files, descriptors.

pub mod descriptors;
pub mod family;
pub mod files;
pub mod list;
pub mod thread;
