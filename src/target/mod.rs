//! The process from outside: mappings, ELF images, memory, stopping, namespaces.

mod cache;
pub mod descriptors;
mod dynamic;
mod elf;
mod ended;
pub mod error;
mod family;
mod file;
mod image;
pub mod list;
mod live;
pub mod memory;
mod page_store;
mod permission;
mod proc_files;
mod process;
mod refusal;
mod stop;
mod thread;
mod traced;
mod tracees;

pub use cache::{CacheStats, PageCache};
pub use descriptors::{Child, Descriptor, Descriptors, Socket};
pub use elf::Segment;
pub use ended::{Ended, wait_for_end};
pub use error::Error;
pub use file::{ElfFile, FileBytes};
pub use image::Image;
pub use list::{Candidate, python_processes};
pub use live::LiveMemory;
pub use memory::{Mapping, Memory, Piece, ReadCause, ReadError, ReadStats};
pub use process::Process;
pub use stop::Stop;
pub use thread::{KernelThread, Syscall};
pub use traced::{Traced, page_of};
