//! Offsets that `_asyncio` publishes about itself: `_AsyncioDebug`.
//!
//! From 3.14 on it is in the ELF section `.AsyncioDebug` of the image that holds
//! `_asyncio` (`Modules/_asynciomodule.c`). It has neither a cookie nor a version,
//! so it is used only if all of its numbers are consistent. Fields that it does not
//! list are derived from their neighbours.

use crate::Overlay;

/// Size of `_AsyncioDebug` in bytes.
pub const SIZE: usize = 13 * 8;

/// Upper bound of every size and offset in it.
const MAX_OFFSET: u64 = 1 << 24;

/// The offsets that `_asyncio` publishes about its own structures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncioDebug {
    /// The published fields of a [`Layout`](crate::Layout), and those derived from
    /// them.
    pub overlay: Overlay,
    /// Size of a `PyObject`: 16, or 32 where free-threaded.
    pub object_size: u64,
    /// Size of `_PyThreadStateImpl`, which begins with `PyThreadState`.
    pub thread_impl_size: u64,
}

/// An `_AsyncioDebug` that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AsyncioDebugError {
    /// There are not enough bytes.
    #[error("_AsyncioDebug takes {SIZE} bytes, there are {have}")]
    Truncated {
        /// Bytes that were given.
        have: usize,
    },
    /// The numbers do not fit together.
    #[error("_AsyncioDebug contradicts itself: {rule}")]
    Implausible {
        /// The rule that is broken.
        rule: &'static str,
    },
}

impl AsyncioDebug {
    /// Reads `_AsyncioDebug` from the bytes at its start.
    ///
    /// # Errors
    /// When there are too few bytes or the numbers contradict each other.
    pub fn parse(bytes: &[u8]) -> Result<Self, AsyncioDebugError> {
        let truncated = AsyncioDebugError::Truncated { have: bytes.len() };
        let mut words = [0_u64; SIZE / 8];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
            *word = u64::from_le_bytes(bytes.try_into().map_err(|_| truncated)?);
        }
        if bytes.len() < SIZE {
            return Err(truncated);
        }
        if words.iter().any(|word| *word > MAX_OFFSET) {
            return Err(AsyncioDebugError::Implausible {
                rule: "every size and offset is bounded",
            });
        }
        let [
            size,
            name,
            awaited_by,
            is_task,
            is_set,
            coro,
            node,
            ref rest @ ..,
        ] = words;
        let [
            interp_size,
            interp_head,
            thread_size,
            running_loop,
            running_task,
            thread_head,
        ] = *rest;

        // The order in TaskObj: header, ten words (loop, callback0, context0,
        // callbacks, exception, exception_tb, result, source_tb, cancel_msg,
        // cancelled_exc), awaited_by, state (int), is_task and
        // awaited_by_is_set (char), bits, num_cancels (int), fut_waiter, coro,
        // name, context, node (two words).
        let object_size = awaited_by.saturating_sub(80);
        let state = awaited_by + 8;
        let rules = [
            (
                "a header of 16 or 32 bytes lies in front",
                object_size == 16 || object_size == 32,
            ),
            ("is_task follows the state", is_task == state + 4),
            ("awaited_by_is_set follows is_task", is_set == is_task + 1),
            (
                "coro follows num_cancels and fut_waiter",
                coro == state + 24,
            ),
            ("name follows coro", name == coro + 8),
            ("node follows the context", node == name + 16),
            ("node ends the task", size == node + 16),
            (
                "interp.asyncio_tasks_head lies in the interpreter",
                within(interp_head, interp_size),
            ),
            (
                "thread.asyncio_tasks_head lies in the thread",
                within(thread_head, thread_size),
            ),
            (
                "asyncio_running_task follows asyncio_running_loop",
                running_task == running_loop + 8,
            ),
            (
                "asyncio_running_loop is aligned and not first",
                running_loop > 0 && running_loop.is_multiple_of(8),
            ),
            (
                "asyncio_tasks_head lies behind asyncio_running_task",
                thread_head > running_task,
            ),
        ];
        for (rule, holds) in rules {
            if !holds {
                return Err(AsyncioDebugError::Implausible { rule });
            }
        }

        let numbers = [
            ("task.size", size),
            ("task.loop", object_size),
            ("task.callback0", object_size + 8),
            ("task.callbacks", object_size + 24),
            ("task.exception", object_size + 32),
            ("task.result", object_size + 48),
            ("task.source_tb", object_size + 56),
            ("task.awaited_by", awaited_by),
            ("task.state", state),
            ("task.awaited_by_is_set", is_set),
            ("task.num_cancels_requested", coro - 16),
            ("task.fut_waiter", coro - 8),
            ("task.coro", coro),
            ("task.name", name),
            ("task.node", node),
            ("interp.size", interp_size),
            ("interp.asyncio_tasks_head", interp_head),
            ("thread.asyncio_running_loop", running_loop),
            ("thread.asyncio_running_task", running_task),
            ("thread.asyncio_tasks_head", thread_head),
        ];
        Ok(Self {
            overlay: numbers
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), i64::try_from(value).ok()?)))
                .collect(),
            object_size,
            thread_impl_size: thread_size,
        })
    }
}

/// Whether a list head of two words at this offset lies in a structure of `size`
/// bytes.
fn within(head: u64, size: u64) -> bool {
    head > 0 && head.is_multiple_of(8) && head + 16 <= size
}
