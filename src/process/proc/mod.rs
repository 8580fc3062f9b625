//! Reading `/proc`: processes, threads, mappings, descriptors.

pub mod children;
pub mod descriptors;
pub mod family;
pub mod files;
pub mod list;
pub mod pipe_ends;
pub mod thread;
