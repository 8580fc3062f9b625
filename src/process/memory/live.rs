//! Memory of a running process, read with `process_vm_readv`: nothing is written,
//! nothing is stopped.

use std::io::IoSliceMut;
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::{Memory, Piece, ReadCause, ReadCounters, ReadError, ReadStats};
use crate::process::pidfd::PidFd;
use crate::process::recorded::RecordedMemory;

/// Largest number of pieces in one call (`UIO_MAXIOV` of the kernel).
const MAX_PIECES: usize = 1024;
/// Largest number of bytes in one call, far below the kernel's own limit of 2 GiB:
/// a larger call would be cut short without an error.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// The memory of one live process.
#[derive(Debug)]
pub struct LiveMemory {
    pid: Pid,
    /// Says whether `pid` may belong to another process by now.
    pidfd: Option<Arc<PidFd>>,
    counters: ReadCounters,
}

impl LiveMemory {
    /// The memory of process `pid`, or of the process of thread `pid`. Nothing is
    /// opened or checked.
    pub fn new(pid: u32) -> Self {
        Self::of(pid, None)
    }

    /// The memory of the process of thread `tid`. Bytes that were copied after
    /// the process of `pidfd` has ended do not count: they may be of another one.
    pub(crate) fn of(tid: u32, pidfd: Option<Arc<PidFd>>) -> Self {
        Self {
            pid: Pid::from_raw(tid.cast_signed()),
            pidfd,
            counters: ReadCounters::default(),
        }
    }

    fn transfer(
        &self,
        local: &mut [IoSliceMut<'_>],
        remote: &[RemoteIoVec],
    ) -> Result<usize, ReadCause> {
        let result = process_vm_readv(self.pid, local, remote);
        self.counters.add(result.unwrap_or(0));
        if result.is_ok() && self.pidfd.as_ref().is_some_and(|it| it.has_ended()) {
            return Err(ReadCause::Gone);
        }
        result.map_err(|errno| match errno {
            Errno::ESRCH => ReadCause::Gone,
            // Some seccomp filters refuse with ENOSYS.
            Errno::EPERM | Errno::EACCES | Errno::ENOSYS => ReadCause::Denied,
            _ => ReadCause::Unmapped,
        })
    }

    /// One call for as many of `pieces` as fit in it. Returns how many pieces at the
    /// front are done or have failed.
    fn batch(&self, pieces: &mut [Piece<'_>]) -> Result<usize, ReadCause> {
        let mut local = Vec::with_capacity(pieces.len().min(MAX_PIECES));
        let mut remote = Vec::with_capacity(pieces.len().min(MAX_PIECES));
        let mut bytes = 0;
        for piece in pieces.iter_mut().take(MAX_PIECES) {
            bytes += piece.buf.len();
            if bytes > MAX_BATCH_BYTES && !local.is_empty() {
                break;
            }
            remote.push(remote_piece(piece.addr, piece.buf.len()));
            local.push(IoSliceMut::new(piece.buf));
        }
        let count = local.len();
        let mut copied = match self.transfer(&mut local, &remote) {
            Ok(copied) => copied,
            Err(ReadCause::Unmapped) => 0,
            Err(cause) => return Err(cause),
        };
        // The kernel copies in order and stops at the first byte it cannot
        // read, so the first incomplete piece is the one that failed.
        for (index, piece) in pieces[..count].iter_mut().enumerate() {
            if piece.buf.len() > copied {
                return Ok(index + 1);
            }
            copied -= piece.buf.len();
            piece.done = true;
        }
        Ok(count)
    }
}

impl Memory for LiveMemory {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len();
        let mut copied = 0;
        while copied < len {
            let rest = &mut buf[copied..];
            let wanted = rest.len().min(MAX_BATCH_BYTES);
            let remote = [remote_piece(addr.wrapping_add(copied as u64), wanted)];
            let mut local = [IoSliceMut::new(&mut rest[..wanted])];
            match self.transfer(&mut local, &remote) {
                Ok(0) => {
                    return Err(ReadError {
                        addr,
                        len,
                        cause: ReadCause::Unmapped,
                    });
                }
                Ok(more) => copied += more,
                Err(cause) => return Err(ReadError { addr, len, cause }),
            }
        }
        Ok(())
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        for piece in pieces.iter_mut() {
            piece.done = false;
        }
        let mut rest = pieces;
        while !rest.is_empty() {
            if rest[0].buf.len() > MAX_BATCH_BYTES {
                rest[0].done = self.read(rest[0].addr, rest[0].buf).is_ok();
                rest = &mut rest[1..];
                continue;
            }
            // The process has ended or may not be read: no other piece can be read.
            let Ok(settled) = self.batch(rest) else {
                return;
            };
            rest = &mut rest[settled..];
        }
    }

    fn stats(&self) -> ReadStats {
        self.counters.stats()
    }
}

fn remote_piece(addr: u64, len: usize) -> RemoteIoVec {
    RemoteIoVec {
        base: addr as usize,
        len,
    }
}

/// The memory of a running or a recorded process.
#[derive(Debug)]
pub enum ProcessMemory {
    /// Of a running process.
    Live(LiveMemory),
    /// Of a recorded process.
    Recorded(RecordedMemory),
}

impl From<LiveMemory> for ProcessMemory {
    fn from(memory: LiveMemory) -> Self {
        Self::Live(memory)
    }
}

impl From<RecordedMemory> for ProcessMemory {
    fn from(memory: RecordedMemory) -> Self {
        Self::Recorded(memory)
    }
}

impl Memory for ProcessMemory {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        match self {
            Self::Live(memory) => memory.read(addr, buf),
            Self::Recorded(memory) => memory.read(addr, buf),
        }
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        match self {
            Self::Live(memory) => memory.read_many(pieces),
            Self::Recorded(memory) => memory.read_many(pieces),
        }
    }

    fn stats(&self) -> ReadStats {
        match self {
            Self::Live(memory) => memory.stats(),
            Self::Recorded(memory) => memory.stats(),
        }
    }
}
