//! The greenlets of a process, and which thread runs each.

use rustc_hash::FxHashMap;

use super::heap::Heap;
use crate::cpython::{Interpreter, RawFrame, Reader, ThreadState};
use crate::greenlet::{Form, GreenletLinks, GreenletStage, RawGreenlet};

/// Full name of the class of gevent's hubs (`gevent/hub.py`).
pub const HUB: &str = "gevent.hub.Hub";
/// Largest distance from an address on the stack of a thread to its `pthread_self()`, which
/// lies at the upper end: 1 GiB.
const MAX_STACK: u64 = 1 << 30;

/// All greenlets of a process that could be found.
#[derive(Default)]
pub struct Greenlets {
    /// Those that could be read, by address in ascending order.
    pub all: Vec<RawGreenlet>,
    /// Addresses of those that could not be read, and why.
    pub unreadable: Vec<(u64, String)>,
    /// Address of the thread state of each main greenlet, by the address of the greenlet.
    threads: FxHashMap<u64, u64>,
    /// Address of the greenlet that runs in each thread, by that of the thread state. Not
    /// those of threads that run their main greenlet.
    pub running: FxHashMap<u64, u64>,
    /// The frames that the stack of a thread goes on with outside of the greenlet that it
    /// runs, innermost first, by the address of the thread state.
    outer: FxHashMap<u64, Vec<RawFrame>>,
    /// What could not be read of a thread.
    pub errors: Vec<String>,
}

impl Greenlets {
    /// Finds the greenlets among the objects of `heap`.
    pub fn find(reader: &Reader<'_>, heap: Option<&Heap>, interpreters: &[Interpreter]) -> Self {
        let mut found = Self::default();
        let addrs = heap.map_or_else(Vec::new, |heap| heap.greenlets(reader));
        let Some(form) = form_of(reader, &addrs) else {
            return found;
        };
        for addr in addrs {
            match reader.greenlet(&form, addr) {
                Ok(raw) => found.all.push(raw),
                Err(error) if reader.is_live_greenlet(&form, addr) => {
                    found.unreadable.push((addr, error.to_string()));
                }
                Err(_) => {}
            }
        }
        let threads: Vec<&ThreadState> = interpreters.iter().flat_map(|it| &it.threads).collect();
        found.find_threads(reader, &threads);
        found.find_outer_frames(reader, &form);
        found
    }

    /// The hubs of gevent: the address of each, and that of the thread state of its thread.
    pub fn hubs(&self, reader: &Reader<'_>) -> Vec<(u64, Option<u64>)> {
        let live = self.all.iter().filter(|raw| {
            !raw.thread_ended
                && matches!(raw.stage, GreenletStage::Suspended | GreenletStage::Running)
        });
        live.filter(|raw| is_hub(reader, raw.addr))
            .map(|raw| (raw.addr, self.thread_of(raw)))
            .collect()
    }

    /// What refers to the greenlets.
    pub fn links(&self, reader: &Reader<'_>, heap: Option<&Heap>) -> GreenletLinks {
        let all = self.all.iter();
        let addrs: Vec<(u64, bool)> = all
            .map(|raw| (raw.addr, raw.stage == GreenletStage::Created))
            .collect();
        let waited_in = heap.map_or_else(Vec::new, |heap| heap.waited_in(reader));
        GreenletLinks::read(reader, &addrs, &waited_in)
    }

    /// The greenlet at `addr`.
    pub fn get(&self, addr: u64) -> Option<&RawGreenlet> {
        let at = self.all.binary_search_by_key(&addr, |raw| raw.addr);
        at.ok().map(|at| &self.all[at])
    }

    /// Address of the thread state of the thread in which the greenlet runs. `None` if it is
    /// not known.
    pub fn thread_of(&self, raw: &RawGreenlet) -> Option<u64> {
        self.threads.get(&raw.main?).copied()
    }

    /// The frames that the stack of the thread at `tstate` goes on with.
    pub fn outer_frames(&self, tstate: u64) -> &[RawFrame] {
        self.outer.get(&tstate).map_or(&[], Vec::as_slice)
    }

    /// Finds the thread of each main greenlet.
    fn find_threads(&mut self, reader: &Reader<'_>, threads: &[&ThreadState]) {
        let dict_of = |thread: &ThreadState| {
            let dict = reader.layout.thread.dict.at(thread.addr);
            reader.pointer(dict, "thread dict").ok().flatten()
        };
        let by_dict: FxHashMap<u64, u64> = threads
            .iter()
            .filter_map(|thread| Some((dict_of(thread)?, thread.addr)))
            .collect();
        // In the plain form, the dict of the thread leads from a greenlet to its main one.
        let mains: FxHashMap<u64, u64> = (self.all.iter().filter(|raw| raw.is_main))
            .filter_map(|raw| Some((raw.thread_dict?, raw.addr)))
            .collect();
        for raw in &mut self.all {
            raw.main = raw.main.or_else(|| mains.get(&raw.thread_dict?).copied());
        }
        for raw in &self.all {
            let Some(main) = raw.main.filter(|_| !raw.thread_ended) else {
                continue;
            };
            let thread = match raw.thread_dict {
                Some(dict) => by_dict.get(&dict).copied(),
                None => raw.on_stack.and_then(|at| on_stack_of(threads, at)),
            };
            if let Some(thread) = thread {
                self.threads.entry(main).or_insert(thread);
            }
        }
    }

    /// Finds the frames outside of the greenlets that run.
    fn find_outer_frames(&mut self, reader: &Reader<'_>, form: &Form) {
        let running = self
            .all
            .iter()
            .filter(|raw| raw.stage == GreenletStage::Running && !raw.is_main && !raw.thread_ended);
        for raw in running {
            let Some(thread) = self.thread_of(raw) else {
                continue;
            };
            self.running.insert(thread, raw.addr);
            let parents = match reader.greenlet_parents(form, raw.addr) {
                Ok(parents) => parents,
                Err(error) => {
                    self.errors.push(format!("parents of a greenlet: {error}"));
                    continue;
                }
            };
            let outer = self.outer.entry(thread).or_default();
            for parent in &parents {
                let stack = reader.greenlet_stack(parent);
                outer.extend(stack.frames);
                if let Some(error) = stack.error {
                    self.errors.push(format!("frames of a greenlet: {error}"));
                }
            }
        }
    }
}

/// Whether the greenlet at `addr` runs gevent's loop.
pub fn is_hub(reader: &Reader<'_>, addr: u64) -> bool {
    reader.is_instance(addr, HUB)
}

/// Where the fields of the greenlets at `addrs` lie, as far as they tell it.
fn form_of(reader: &Reader<'_>, addrs: &[u64]) -> Option<Form> {
    let mut form: Option<Form> = None;
    for addr in addrs {
        form = match form {
            None => reader.greenlet_form(*addr),
            Some(form) if form.is_complete() => return Some(form),
            Some(form) => Some(reader.completed(form, *addr)),
        };
    }
    form
}

/// Address of the state of the thread on whose stack the address `at` lies: that with the
/// smallest `pthread_self()` above it. The stack of the first thread lies above all others.
fn on_stack_of(threads: &[&ThreadState], at: u64) -> Option<u64> {
    let above = threads.iter().filter(|thread| {
        let distance = thread.ident.checked_sub(at);
        distance.is_some_and(|distance| distance < MAX_STACK)
    });
    let nearest = above.min_by_key(|thread| thread.ident);
    nearest.or(threads.first()).map(|thread| thread.addr)
}

#[cfg(test)]
mod tests {
    use super::on_stack_of;
    use crate::cpython::ThreadState;

    fn thread(addr: u64, ident: u64) -> ThreadState {
        ThreadState {
            addr,
            ident,
            native_id: None,
            holds_gil: None,
        }
    }

    #[test]
    fn the_nearest_thread_above_has_the_stack() {
        let threads = [
            thread(1, 0x7f00_9000_0000),
            thread(2, 0x7f00_2000_0000),
            thread(3, 0x7f00_1000_0000),
        ];
        let threads: Vec<&ThreadState> = threads.iter().collect();
        assert_eq!(on_stack_of(&threads, 0x7f00_1fff_0000), Some(2));
        assert_eq!(on_stack_of(&threads, 0x7f00_0fff_0000), Some(3));
        // The stack of the first thread is above all others.
        assert_eq!(on_stack_of(&threads, 0x7fff_0fff_0000), Some(1));
        assert_eq!(on_stack_of(&[], 0x7fff_0fff_0000), None);
    }
}
