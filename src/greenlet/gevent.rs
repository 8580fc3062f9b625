//! The objects of gevent: what is in their fields.
//!
//! Modules that Cython compiled keep their fields without names (`_gevent_c…`,
//! `corecext`). Their order is that of gevent 21.12 to 26.9; where a type tells which word
//! is meant, the word is found by it. Other modules have attributes.

use crate::cpython::reader::{WORD, is_plausible};
use crate::cpython::{Kind, Reader};

/// Package of all classes here.
const PACKAGE: &str = "gevent";
/// Attribute of greenlets with the function that they run (`gevent/greenlet.py`).
pub const RUN: &str = "_run";
/// Parts of the names of classes that Cython compiled.
const COMPILED: [&str; 2] = ["_gevent_c", "corecext"];
/// `tp_name` of the attributes that only C code can read (Objects/descrobject.c).
const GETSET: &str = "getset_descriptor";
/// Largest object of gevent that is searched for a field, in bytes.
const MAX_SIZE: i64 = 1_024;
/// Maximum number of entries of one queue of waiting greenlets.
const MAX_WAITING: usize = 100_000;
/// Words of a watcher behind its header: `loop`, `callback`, `args`, and the pointer to
/// libev's structure (`gevent/libev/corecext.pyx`).
const CALLBACK: u64 = 1;
const ARGS: u64 = 2;
const WATCHER: u64 = 3;
/// Words of a `callback` behind its header: `callback`, `args`.
const READY_CALLBACK: u64 = 0;
/// `ev_timer.at`, `ev_io.fd` and `ev_io.events` (libev 4, `ev.h`).
const TIMER_AT: u64 = 24;
const IO_FD: u64 = 32;
const IO_EVENTS: u64 = 36;
/// `EV_READ | EV_WRITE`
const READ_WRITE: i32 = 3;

/// Something that the loop of a hub watches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Watcher {
    /// A descriptor. Bit 0 of the events: until it can be read; bit 1: written.
    Io {
        /// The descriptor.
        fd: i64,
        /// What is waited for.
        events: i64,
    },
    /// A moment of the monotonic clock, in seconds. `None` where it is in C data.
    Timer(Option<f64>),
    /// A function that the loop calls in its next turn.
    Ready,
    /// A child, a signal or another thread.
    Other,
}

/// A watcher and what it calls.
#[derive(Debug, Clone)]
pub struct RawWatcher {
    /// What is watched.
    pub watcher: Watcher,
    /// Address of what it calls. `None` if it is not started.
    pub callback: Option<u64>,
    /// Addresses of the arguments.
    pub args: Vec<u64>,
}

impl Reader<'_> {
    /// Whether the object at `addr` is an instance of a class of gevent that is called
    /// `name`.
    pub fn is_gevent(&self, addr: u64, name: &str) -> bool {
        self.type_of(addr).is_ok_and(|ty| {
            let names = self.class_names(&ty);
            names
                .iter()
                .any(|class| class.starts_with(PACKAGE) && class.rsplit('.').next() == Some(name))
        })
    }

    /// The attribute `name` of the object at `addr`. `None` where it is absent or `None`, and
    /// where only C code knows its place.
    fn gevent_attribute(&self, addr: u64, name: &str) -> Option<u64> {
        let value = self.attribute_object(addr, name).ok()??;
        let ty = self.type_of(value).ok()?;
        (&*ty.name != GETSET).then_some(value)
    }

    /// Whether the fields of the object at `addr` have no names.
    fn is_compiled(&self, addr: u64) -> bool {
        self.type_of(addr).is_ok_and(|ty| {
            let names = self.class_names(&ty);
            let mut names = names.iter();
            names.any(|class| COMPILED.iter().any(|part| class.contains(part)))
        })
    }

    /// The words of the object at `addr` from the offset `first` that are objects of kind
    /// `kind`.
    fn fields_of_kind(&self, addr: u64, first: u64, kind: Kind) -> Vec<u64> {
        self.fields(addr, first)
            .into_iter()
            .filter(|word| {
                is_plausible(*word) && self.type_of(*word).is_ok_and(|ty| ty.exact == kind)
            })
            .collect()
    }

    fn fields(&self, addr: u64, first: u64) -> Vec<u64> {
        let size = self
            .type_of(addr)
            .map_or(0, |ty| ty.basicsize.min(MAX_SIZE));
        let end = addr + u64::try_from(size).unwrap_or(0);
        let words = (addr + first..end).step_by(WORD);
        words.map_while(|at| self.u64(at).ok()).collect()
    }

    /// What waits in the linkable object or greenlet at `addr` (`_links`). `base` is the
    /// size of the part that greenlet itself has in it.
    pub fn gevent_links(&self, addr: u64, base: u64) -> Vec<u64> {
        let list = match self.gevent_attribute(addr, "_links") {
            Some(list) => Some(list),
            _ if self.is_compiled(addr) => {
                let lists = self.fields_of_kind(addr, base, Kind::List);
                (lists.len() == 1).then(|| lists[0])
            }
            _ => None,
        };
        let items = list.and_then(|list| self.list_items(list, MAX_WAITING).ok());
        items.map_or_else(Vec::new, |(items, _)| items)
    }

    /// The object of the method that the greenlet at `addr` will run, and the arguments.
    /// `base` is the size of the part that greenlet itself has in it.
    pub fn gevent_given(&self, addr: u64, base: u64) -> Vec<u64> {
        let run = self.gevent_attribute(addr, RUN);
        let mut given: Vec<u64> = run.map_or_else(Vec::new, |run| self.bound_objects(run));
        let args = match self.gevent_attribute(addr, "args") {
            Some(args) if self.is_kind(args, Kind::Tuple) => vec![args],
            _ if self.is_compiled(addr) => self.fields_of_kind(addr, base, Kind::Tuple),
            _ => Vec::new(),
        };
        for tuple in args {
            given.extend(self.items_of(Some(tuple)));
        }
        given
    }

    /// What waits to take from the queue at `addr`, and what to put into it.
    pub fn gevent_waiting(&self, addr: u64) -> [Vec<u64>; 2] {
        let named = ["getters", "putters"].map(|name| self.gevent_attribute(addr, name));
        let [getters, putters] = match named {
            [Some(getters), Some(putters)] => [Some(getters), Some(putters)],
            _ if self.is_compiled(addr) => {
                let header = u64::from(self.layout.object.size);
                let deques = self.fields_of_kind(addr, header, Kind::Deque);
                match *deques {
                    [.., getters, putters] => [Some(getters), Some(putters)],
                    _ => [None, None],
                }
            }
            _ => [None, None],
        };
        [getters, putters].map(|deque| {
            let items = deque.and_then(|deque| self.deque_items(deque, MAX_WAITING).ok());
            items.map_or_else(Vec::new, |(items, _)| items)
        })
    }

    /// The container with the items of the queue at `addr`: the first of its deques and
    /// lists that is not one of those that wait.
    pub fn gevent_queue_length(&self, addr: u64) -> Option<u64> {
        if let Some(queue) = self.gevent_attribute(addr, "queue") {
            return self.any_length(queue);
        }
        if !self.is_compiled(addr) {
            return None;
        }
        let header = u64::from(self.layout.object.size);
        let containers: Vec<u64> = (self.fields(addr, header).into_iter())
            .filter(|word| {
                is_plausible(*word)
                    && self
                        .type_of(*word)
                        .is_ok_and(|ty| matches!(ty.exact, Kind::Deque | Kind::List))
            })
            .collect();
        // A queue has its items, the getters and the putters.
        match *containers {
            [items, _, _] => self.any_length(items),
            _ => None,
        }
    }

    /// The greenlet that goes on when `target` is called, or gets a value: of a method
    /// `switch`, or of a waiter. `None` if it is none of these.
    pub fn gevent_target(&self, target: u64) -> Option<u64> {
        let object = self.bound_to(target).unwrap_or(target);
        if self.is_greenlet(object) {
            return Some(object);
        }
        if !self.is_gevent(object, "Waiter") {
            return None;
        }
        if let Some(greenlet) = self.gevent_attribute(object, "greenlet") {
            return self.is_greenlet(greenlet).then_some(greenlet);
        }
        let header = u64::from(self.layout.object.size);
        let mut fields = self.fields(object, header).into_iter();
        fields.find(|word| {
            is_plausible(*word) && self.is_greenlet(*word) && !self.is_gevent(*word, "Hub")
        })
    }

    /// The watcher or callback of a loop at `addr`. `None` if it cannot be read.
    pub fn gevent_watcher(&self, addr: u64) -> Option<RawWatcher> {
        let ty = self.type_of(addr).ok()?;
        let name = self.full_type_name(&ty);
        let name = name.rsplit('.').next()?.to_owned();
        match self.is_compiled(addr) {
            true => self.compiled_watcher(addr, &name),
            false => Some(self.named_watcher(addr, &name)),
        }
    }

    fn compiled_watcher(&self, addr: u64, name: &str) -> Option<RawWatcher> {
        let fields = addr + u64::from(self.layout.object.size);
        let field = |index: u64| fields + index * WORD as u64;
        let is_ready = name == "callback";
        let shift = if is_ready {
            CALLBACK - READY_CALLBACK
        } else {
            0
        };
        let object = |index: u64| {
            let object = self
                .pointer(field(index - shift), "field of a watcher")
                .ok()??;
            (!self.is_kind(object, Kind::None)).then_some(object)
        };
        let args = object(ARGS).filter(|args| self.is_kind(*args, Kind::Tuple));
        let watcher = match name {
            "callback" => Watcher::Ready,
            "io" | "timer" => {
                let at = self.required(field(WATCHER), "libev's watcher").ok()?;
                // The structure is a part of the object.
                if at <= addr || at - addr > MAX_SIZE as u64 {
                    return None;
                }
                match name {
                    "io" => Watcher::Io {
                        fd: self.i32(at + IO_FD).ok()?.into(),
                        events: i64::from(self.i32(at + IO_EVENTS).ok()? & READ_WRITE),
                    },
                    _ => Watcher::Timer(self.f64(at + TIMER_AT).ok().filter(|it| it.is_finite())),
                }
            }
            _ => Watcher::Other,
        };
        Some(RawWatcher {
            watcher,
            callback: object(CALLBACK),
            args: self.items_of(args),
        })
    }

    fn items_of(&self, tuple: Option<u64>) -> Vec<u64> {
        let items = tuple.and_then(|tuple| self.tuple_items(tuple, self.limits.value_items).ok());
        items.map_or_else(Vec::new, |(items, _)| items)
    }

    fn named_watcher(&self, addr: u64, name: &str) -> RawWatcher {
        let first = |names: &[&str]| {
            let mut found = names
                .iter()
                .filter_map(|name| self.gevent_attribute(addr, name));
            found.find(|value| !self.is_kind(*value, Kind::None))
        };
        let number = |object: u64, name| {
            let value = self.gevent_attribute(object, name)?;
            self.int(value).ok()?.to_i64()
        };
        let watcher = match name {
            "io" => match number(addr, "_fd") {
                Some(fd) => Watcher::Io {
                    fd,
                    events: number(addr, "_events").unwrap_or(0) & i64::from(READ_WRITE),
                },
                None => Watcher::Other,
            },
            // libuv: several watchers share the one with the descriptor.
            "_multiplexwatcher" => {
                let shared = first(&["_watcher_ref"]);
                match shared.and_then(|shared| number(shared, "_fd")) {
                    Some(fd) => Watcher::Io { fd, events: 0 },
                    None => Watcher::Other,
                }
            }
            "timer" => Watcher::Timer(None),
            "callback" => Watcher::Ready,
            _ => Watcher::Other,
        };
        let args = first(&["_args", "args"]).filter(|args| self.is_kind(*args, Kind::Tuple));
        RawWatcher {
            watcher,
            callback: first(&["_callback", "callback"]),
            args: self.items_of(args),
        }
    }

    /// The first field of the subclass of `AbstractLinkable` at `addr`, an `int` of C: the
    /// counter of a semaphore, the flag of an event. `None` where it is an attribute.
    pub fn gevent_number(&self, addr: u64) -> Option<i64> {
        let ty = self.type_of(addr).ok()?;
        let base = ty.mro.iter().find_map(|class| {
            let class = self.type_at(*class).ok()?;
            let name = self.full_type_name(&class);
            let is_it = name.rsplit('.').next() == Some("AbstractLinkable");
            (is_it && COMPILED.iter().any(|part| name.contains(part))).then_some(class)
        })?;
        let offset = u64::try_from(base.basicsize).ok()?;
        self.i32(addr + offset).ok().map(i64::from)
    }
}
