//! What a thread waits for in `poll`, `select`, `epoll_wait` and in a lock with a time
//! limit, read from the arguments of the system call.

use crate::cpython::Reader;
use crate::process::Syscall;

/// `POLLIN` and `POLLOUT` (poll.h), which epoll uses too.
const POLL_IN: u32 = 0x1;
const POLL_OUT: u32 = 0x4;
/// Size in bytes of `struct pollfd`.
const POLL_FD: usize = 8;
/// Maximum number of descriptors of one call that are read.
const MAX_POLLED: u64 = 1_024;
/// Flag of `clock_nanosleep` that says that the time is absolute (time.h).
const TIMER_ABSTIME: u64 = 1;
/// Command of futex calls whose time is absolute (linux/futex.h).
const FUTEX_WAIT_BITSET: u64 = 9;
/// Mask that removes the flags from a futex operation, and the flag for the clock that the
/// user sets.
const FUTEX_COMMAND: u64 = 0x7f;
const FUTEX_CLOCK_REALTIME: u64 = 0x100;
/// Bits in a word of an `fd_set`.
const WORD_BITS: u64 = 64;

/// A descriptor that a thread polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Polled {
    /// The descriptor.
    pub fd: i64,
    /// Whether the thread waits until it can write, and not until it can read.
    pub writes: bool,
}

/// What a call waits for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Polling {
    /// The descriptors.
    pub files: Vec<Polled>,
    /// Seconds until the call ends: exact for an absolute time, else at most so many.
    /// `None` without a limit.
    pub left_s: Option<f64>,
}

impl Polled {
    /// The descriptor, from the events that a call waits for.
    pub(super) fn of_events(fd: i64, events: u32) -> Self {
        Self {
            fd,
            writes: events & POLL_OUT != 0 && events & POLL_IN == 0,
        }
    }
}

impl Reader<'_> {
    /// What a call of the family of `poll` waits for. `None` for other calls, and where the
    /// arguments cannot be read.
    pub(super) fn polling(&self, call: &Syscall) -> Option<Polling> {
        let [first, second, third, fourth, fifth, _] = call.args;
        match call.name? {
            "poll" => Some(Polling {
                files: self.poll_set(first, second)?,
                left_s: u32::try_from(third as i32)
                    .ok()
                    .map(|ms| f64::from(ms) / 1e3),
            }),
            "ppoll" => Some(Polling {
                files: self.poll_set(first, second)?,
                left_s: self.timespec(third),
            }),
            "select" | "pselect6" => Some(Polling {
                files: self.select_sets(first, second, third)?,
                left_s: match call.name? {
                    "select" => self.timeval(fifth),
                    _ => self.timespec(fifth),
                },
            }),
            "epoll_wait" | "epoll_pwait" => Some(Polling {
                files: Vec::new(),
                left_s: u32::try_from(fourth as i32)
                    .ok()
                    .map(|ms| f64::from(ms) / 1e3),
            }),
            _ => None,
        }
    }

    /// Seconds until a futex call or a sleep ends. `now` is `CLOCK_MONOTONIC` in seconds, and
    /// `time_of_day` is the time since 1970. `None` without a limit, and for other calls.
    pub(super) fn call_left(
        &self,
        call: &Syscall,
        now: f64,
        time_of_day: Option<f64>,
    ) -> Option<f64> {
        let [_, operation, time, fourth, ..] = call.args;
        match call.name? {
            "futex" => {
                let limit = self.timespec(fourth)?;
                let absolute = operation & FUTEX_COMMAND == FUTEX_WAIT_BITSET;
                match (absolute, operation & FUTEX_CLOCK_REALTIME != 0) {
                    (true, true) => Some(limit - time_of_day?),
                    (true, false) => Some(limit - now),
                    (false, _) => Some(limit),
                }
            }
            "clock_nanosleep" => {
                let limit = self.timespec(time)?;
                match operation & TIMER_ABSTIME != 0 {
                    true => Some(limit - now),
                    false => Some(limit),
                }
            }
            _ => None,
        }
    }

    fn poll_set(&self, addr: u64, count: u64) -> Option<Vec<Polled>> {
        let count = count.min(MAX_POLLED) as usize;
        let bytes = self.bytes(addr, count * POLL_FD).ok()?;
        let entries = bytes.chunks_exact(POLL_FD).filter_map(|entry| {
            let fd = i32::from_ne_bytes(entry.get(..4)?.try_into().ok()?);
            let events = u16::from_ne_bytes(entry.get(4..6)?.try_into().ok()?);
            (fd >= 0).then(|| Polled::of_events(fd.into(), events.into()))
        });
        Some(entries.collect())
    }

    fn select_sets(&self, count: u64, reads: u64, writes: u64) -> Option<Vec<Polled>> {
        let mut files = Vec::new();
        for (set, writes) in [(reads, false), (writes, true)] {
            if set == 0 {
                continue;
            }
            let words = count.min(MAX_POLLED).div_ceil(WORD_BITS);
            for index in 0..words {
                let word = self.u64(set + index * 8).ok()?;
                let bits = (0..WORD_BITS).filter(|bit| word >> bit & 1 == 1);
                files.extend(bits.filter_map(|bit| {
                    let fd = i64::try_from(index * WORD_BITS + bit).ok()?;
                    Some(Polled { fd, writes })
                }));
            }
        }
        Some(files)
    }

    /// A `struct timespec` in seconds. `None` at address 0.
    fn timespec(&self, addr: u64) -> Option<f64> {
        let (seconds, rest) = self.two_numbers(addr)?;
        Some(seconds + rest / 1e9)
    }

    /// A `struct timeval` in seconds. `None` at address 0.
    fn timeval(&self, addr: u64) -> Option<f64> {
        let (seconds, rest) = self.two_numbers(addr)?;
        Some(seconds + rest / 1e6)
    }

    fn two_numbers(&self, addr: u64) -> Option<(f64, f64)> {
        if addr == 0 {
            return None;
        }
        let first = self.i64(addr).ok()?;
        let second = self.i64(addr + 8).ok()?;
        Some((first as f64, second as f64))
    }
}
