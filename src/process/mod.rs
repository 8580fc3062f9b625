//! The process from outside: mappings, ELF images, memory, stopping, namespaces.

pub mod access;
pub mod elf;
pub mod error;
pub mod handle;
pub mod memory;
pub mod proc;
pub mod recorded;
pub mod stop;

pub use elf::Segment;
pub use elf::file::{ElfFile, FileBytes};
pub use elf::image::{Image, images};
pub use error::Error;
pub use handle::Process;
pub use memory::cache::{CacheStats, PageCache};
pub use memory::comparison::Lines;
pub use memory::live::{LiveMemory, ProcessMemory};
pub use memory::traced::{Traced, page_of};
pub use memory::{Mapping, Memory, Piece, ReadCause, ReadError, ReadStats};
pub use proc::descriptors::{Child, Descriptor, Descriptors, Socket};
pub use proc::list::{Candidate, python_processes};
pub use proc::thread::{KernelThread, Syscall};
pub use stop::Stop;
pub use stop::end_of_process::{Ended, wait_for_end};
