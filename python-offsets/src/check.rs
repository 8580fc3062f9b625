//! Rules that hold for the layout of every version.
//!
//! A wrong offset fails open: it yields plausible values and no error. These
//! rules cost nothing and catch a layout whose numbers come from sources that
//! do not belong together.

use crate::{Error, Layout, Offset, Size};

/// Upper bound of an offset inside an object or a thread state.
const MAX_OFFSET: u32 = 1 << 20;

impl Layout {
    /// Checks that the numbers can belong to one build of CPython.
    ///
    /// # Errors
    /// [`Error::Implausible`] with the first broken rule.
    pub fn check(&self) -> Result<(), Error> {
        let rules = self
            .object_rules()
            .into_iter()
            .chain(self.execution_rules())
            .chain(self.task_rules());
        for (rule, holds) in rules {
            if !holds {
                return Err(Error::Implausible { rule });
            }
        }
        Ok(())
    }

    fn object_rules(&self) -> Vec<(&'static str, bool)> {
        let object = &self.object;
        let header = object.size;
        vec![
            // Builds with a GIL have 32 bytes if they trace references.
            (
                "object.size is 16 or 32, where free-threaded 32",
                header == 32 || (header == 16 && !self.build.free_threaded),
            ),
            (
                "object.ob_type is the last word of the header",
                object.ob_type + 8 == header,
            ),
            (
                "object.ob_size follows the header",
                object.ob_size == header,
            ),
            (
                "tuple.ob_item follows ob_size",
                self.tuple.ob_item >= header + 8,
            ),
            (
                "list.ob_item follows ob_size",
                self.list.ob_item == header + 8,
            ),
            (
                "bytes.ob_sval follows the hash",
                self.bytes.ob_sval == header + 16,
            ),
            (
                "unicode.length < state < ascii_size < compact_size",
                self.unicode.length < self.unicode.state
                    && self.unicode.state < self.unicode.ascii_size
                    && self.unicode.ascii_size < self.unicode.compact_size,
            ),
            (
                "unicode: the bits of state lie in its 32 bits",
                self.unicode.kind_shift <= 29
                    && self.unicode.compact_shift < 32
                    && self.unicode.ascii_shift < 32,
            ),
            (
                "long.ob_digit follows long.tag",
                self.long.ob_digit == self.long.tag + 8,
            ),
            (
                "dict.ma_keys < ma_values",
                self.dict.ma_keys < self.dict.ma_values,
            ),
            (
                "dict_entry: key and value lie in the entry",
                entry_holds(
                    self.dict_entry.size,
                    [self.dict_entry.me_key, self.dict_entry.me_value],
                ),
            ),
            (
                "dict_entry: key and value lie in the entry of a str",
                match (
                    self.dict_entry.unicode_size,
                    self.dict_entry.unicode_me_key,
                    self.dict_entry.unicode_me_value,
                ) {
                    (Some(size), Some(key), Some(value)) => entry_holds(size, [key, value]),
                    (None, None, None) => true,
                    _ => false,
                },
            ),
            (
                "set: key and hash lie in the entry",
                entry_holds(
                    self.set.entry_size,
                    [self.set.entry_key, self.set.entry_hash],
                ),
            ),
            (
                "type.tp_name < tp_basicsize < tp_flags < tp_dict < tp_mro < tp_subclasses < ht_qualname",
                {
                    let t = &self.type_object;
                    t.tp_name < t.tp_basicsize
                        && t.tp_basicsize < t.tp_flags
                        && t.tp_flags < t.tp_dict
                        && t.tp_dict < t.tp_mro
                        && t.tp_mro < t.tp_subclasses
                        && t.tp_subclasses < t.ht_qualname
                },
            ),
            (
                "deque.block_right follows the items of a block",
                self.deque
                    .block_length
                    .checked_mul(8)
                    .is_some_and(|length| self.deque.block_data + length == self.deque.block_right),
            ),
            (
                "code.co_filename < co_name",
                self.code.co_filename < self.code.co_name,
            ),
        ]
    }

    fn execution_rules(&self) -> Vec<(&'static str, bool)> {
        let states = &self.generator_state;
        let mut seen: Vec<i8> = [
            &states.created,
            &states.suspended,
            &states.suspended_yield_from,
            &states.executing,
            &states.finished,
        ]
        .into_iter()
        .flatten()
        .copied()
        .collect();
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        let thread = &self.thread;
        vec![
            (
                "generator_state: each number means one state",
                seen.len() == all,
            ),
            (
                "generator.name is followed by qualname",
                self.generator.qualname == self.generator.name + 8,
            ),
            (
                "a generator has a frame or embeds one",
                self.generator.frame.is_some() != self.generator.iframe.is_some(),
            ),
            (
                "generator.frame_state lies in front of the embedded frame",
                match (self.generator.frame_state, self.generator.iframe) {
                    (Some(state), Some(iframe)) => state < iframe,
                    (None, None) => true,
                    _ => false,
                },
            ),
            (
                "frame.stack lies in front of localsplus",
                self.frame.stack < self.frame.localsplus,
            ),
            (
                "a thread leads to its frame one way",
                thread.frame.is_some() != thread.cframe.is_some(),
            ),
            (
                "thread: fields lie inside its size",
                thread.size.is_none_or(|size| {
                    [thread.next, thread.interp, thread.thread_id, thread.dict]
                        .into_iter()
                        .all(|field| field < size)
                }),
            ),
            (
                "interp: fields lie inside its size",
                self.interp.size.is_none_or(|size| {
                    let interp = &self.interp;
                    [
                        interp.next,
                        interp.id,
                        interp.threads_head,
                        interp.modules,
                        interp.sysdict,
                    ]
                    .into_iter()
                    .chain(interp.ceval_gil)
                    .chain(interp.gc)
                    .chain(interp.asyncio_tasks_head)
                    .all(|field| field < size)
                }),
            ),
            (
                "gil: fields lie inside its size",
                self.gil.locked < self.gil.size && self.gil.last_holder < self.gil.size,
            ),
            (
                "runtime.interpreters_main follows interpreters_head",
                self.runtime.interpreters_main == self.runtime.interpreters_head + 8,
            ),
        ]
    }

    fn task_rules(&self) -> Vec<(&'static str, bool)> {
        let task = &self.task;
        let future = [
            task.event_loop,
            task.callback0,
            task.callbacks,
            task.exception,
            task.result,
            task.source_tb,
            task.state,
            task.log_tb,
        ];
        vec![
            ("task.size is bounded", task.size < MAX_OFFSET),
            (
                "task: fields of the future lie in order",
                future.is_sorted_by(|a, b| a < b) && task.log_tb < task.future_size,
            ),
            ("task.future_size < task.size", task.future_size < task.size),
            (
                "task.loop follows the header",
                task.event_loop == self.object.size,
            ),
            (
                "task.fut_waiter is followed by coro",
                task.coro == task.fut_waiter + 8,
            ),
            (
                "task.coro is followed by name",
                task.name.is_none_or(|name| name == task.coro + 8),
            ),
            ("task.coro lies inside task.size", task.coro < task.size),
            (
                "task.node ends the task",
                task.node.is_none_or(|node| node + 16 == task.size),
            ),
            (
                "task.awaited_by lies in front of state",
                task.awaited_by.is_none_or(|field| field < task.state),
            ),
            (
                "a bit is one of eight",
                [task.log_tb_bit, task.must_cancel_bit]
                    .into_iter()
                    .flatten()
                    .all(|bit| bit < 8),
            ),
            (
                "awaitable.wrapped follows the header",
                self.awaitable.wrapped == self.object.size,
            ),
        ]
    }
}

/// Whether two pointers at these offsets lie in an entry of `size` bytes.
fn entry_holds(size: Size, fields: [Offset; 2]) -> bool {
    size.is_multiple_of(8) && fields.into_iter().all(|field| field + 8 <= size)
}

#[cfg(test)]
mod tests {
    use crate::{Error, Overlay, table};

    #[test]
    fn a_layout_of_mixed_sources_is_refused() {
        let layout = table("3.13", false).expect("3.13 has a table").base();
        let mixed = Overlay::from([("task.coro".to_owned(), 128)]);
        assert_eq!(
            layout.overlaid(&mixed),
            Err(Error::Implausible {
                rule: "task.fut_waiter is followed by coro"
            })
        );
    }
}
