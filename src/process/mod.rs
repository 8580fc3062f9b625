//! A process from outside: its memory, mappings and ELF images, its threads and
//! descriptors as `/proc` shows them, its source files, and stopping it. All
//! reading of `/proc` is in this module.

pub mod access;
pub mod elf;
pub mod error;
pub mod handle;
pub mod memory;
mod pidfd;
pub mod proc;
pub mod recorded;
mod source_files;
pub mod stop;

pub use elf::Segment;
pub use elf::file::FileBytes;
pub use elf::image::{Image, images};
pub use error::Error;
pub use handle::Process;
pub use memory::cache::{CacheStats, PageCache};
pub use memory::changed_lines::{CacheChanges, ChangedLines, Lines};
pub use memory::live::{LiveMemory, ProcessMemory};
pub use memory::range_cache::{Pass, RangeCache};
pub use memory::traced::{Traced, page_of};
pub use memory::{Mapping, Memory, Piece, ReadCause, ReadError, ReadStats};
pub use pidfd::{Ended, wait_for_end};
pub use proc::children::Child;
pub use proc::delays::LimitedGroups;
pub use proc::descriptors::{Descriptor, Descriptors, Socket};
pub use proc::ends::{Ends, OtherEnd, Owner, PipeEnds};
pub use proc::execution::execution;
pub use proc::list::{Candidate, python_processes};
pub use proc::shared::{Rest, RestsOn, SharedPlace, Sharers};
pub use proc::tcp_facts::TcpFacts;
pub use proc::thread::{KernelThread, Syscall};
pub use source_files::{SourceFiles, command_line};
pub use stop::Stop;
