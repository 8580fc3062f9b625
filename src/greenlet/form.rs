//! Where the fields of greenlets lie, found in one greenlet.

use super::GREENLET;
use crate::cpython::reader::{WORD, is_plausible};
use crate::cpython::{Kind, Reader};

/// `stack_stop` of the main greenlet of each thread.
pub(super) const MAIN_STOP: u64 = u64::MAX;
/// Words of a C++ object that are looked at. The largest is that of user greenlets, with
/// fewer than 30.
const MAX_WORDS: usize = 40;
/// The words in which the stack state may begin: behind the vtable and at most eight more.
const FIRST_WORDS: std::ops::RangeInclusive<usize> = 2..=16;
/// Fields of `PyGreenlet` before the pointer to the C++ object: `weakreflist`, `dict`.
/// A larger base class is the plain form.
const FIELDS_BEFORE_OBJECT: u64 = 2;
/// Part of the name of the class of contexts (Python/context.c).
const CONTEXT: &str = "Context";
/// Largest part of a stack that a greenlet is believed to use: 1 GiB.
const MAX_STACK: u64 = 1 << 30;

/// Words of the stack state, counted from `stack_start`. Between them: `stack_prev` (4) and,
/// in the C++ object, `_context` (5).
pub(super) mod word {
    /// `stack_stop`
    pub(crate) const STOP: usize = 1;
    /// `stack_copy`
    pub(crate) const COPY: usize = 2;
    /// `_stack_saved`
    pub(crate) const SAVED: usize = 3;
    /// `_top_frame` in the C++ object.
    pub(crate) const TOP_FRAME: usize = 6;
    /// `parent` in the plain form.
    pub(crate) const PLAIN_PARENT: usize = 5;
    /// `run_info` in the plain form: the dict of the thread once it has started.
    pub(crate) const PLAIN_RUN_INFO: usize = 6;
    /// `top_frame` in the plain form.
    pub(crate) const PLAIN_TOP_FRAME: usize = 7;
    /// `_parent`, from `_main_greenlet`.
    pub(crate) const PARENT: usize = 2;
}

/// Where the fields of greenlets lie. Offsets are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All fields lie in the Python object (greenlet 0.4 and 1).
    Plain {
        /// Offset of `stack_start` in the object.
        start: u64,
    },
    /// The Python object refers to a C++ object (from greenlet 2).
    Object {
        /// Offset of the pointer to the C++ object.
        object: u64,
        /// Offset of `stack_start` in the C++ object.
        start: u64,
        /// Offset of `_main_greenlet` in user greenlets. `None` while no started user
        /// greenlet was seen.
        main: Option<u64>,
        /// Offset of `_thread_state` in main greenlets. `None` while none was seen.
        thread_state: Option<u64>,
    },
}

impl Form {
    /// Whether all offsets are known.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Plain { .. } => true,
            Self::Object {
                main, thread_state, ..
            } => main.is_some() && thread_state.is_some(),
        }
    }
}

/// The words of the C++ object of a greenlet, as far as they can be read.
type Words = Vec<u64>;

impl Reader<'_> {
    /// Finds where the fields of greenlets lie from the started greenlet at `addr`. `None`
    /// if its words fit no place or several.
    pub fn greenlet_form(&self, addr: u64) -> Option<Form> {
        let ty = self.type_of(addr).ok()?;
        let mut classes = ty.mro.iter().filter_map(|class| self.type_at(*class).ok());
        let base = classes.find(|class| &*class.name == GREENLET)?;
        let header = u64::from(self.layout.object.size);
        let object = header + FIELDS_BEFORE_OBJECT * WORD as u64;
        let size = u64::try_from(base.basicsize).ok()?;
        if size > object + WORD as u64 {
            return Some(Form::Plain { start: header });
        }
        let words = self.greenlet_words(addr, object);
        let own = self.stack_state(&words);
        let start = own.or_else(|| {
            // A greenlet that runs has no frame; its main greenlet has one.
            let mut others = words.iter().filter(|word| self.is_other(addr, **word));
            others.find_map(|other| {
                let words = self.greenlet_words(*other, object);
                let start = self.stack_state(&words)?;
                (words.get(start + word::STOP) == Some(&MAIN_STOP)).then_some(start)
            })
        })?;
        let form = Form::Object {
            object,
            start: (start * WORD) as u64,
            main: None,
            thread_state: None,
        };
        Some(self.completed(form, addr))
    }

    /// `form` with what the greenlet at `addr` and its main greenlet tell in addition.
    pub fn completed(&self, form: Form, addr: u64) -> Form {
        let Form::Object {
            object,
            start,
            main,
            thread_state,
        } = form
        else {
            return form;
        };
        let first = start as usize / WORD + word::TOP_FRAME + 1;
        let stop = |words: &Words| words.get(first - word::TOP_FRAME - 1 + word::STOP).copied();
        let words = self.greenlet_words(addr, object);
        let is_main = stop(&words) == Some(MAIN_STOP);
        let found = (first..words.len()).find(|at| {
            self.is_other(addr, words[*at])
                && stop(&self.greenlet_words(words[*at], object)) == Some(MAIN_STOP)
                && (words.get(at + word::PARENT)).is_some_and(|it| self.is_other(addr, *it))
        });
        let found = found.filter(|_| !is_main);
        let of = match is_main {
            true => Some(addr),
            false => found.map(|at| words[at]),
        };
        let state = || {
            let of = of?;
            let words = self.greenlet_words(of, object);
            (first..words.len()).find(|at| self.is_thread_state(words[*at], of))
        };
        let offset = |at: usize| (at * WORD) as u64;
        Form::Object {
            object,
            start,
            main: main.or_else(|| found.map(offset)),
            thread_state: thread_state.or_else(|| state().map(offset)),
        }
    }

    /// Whether the object at `addr`, which has the type of a greenlet, is one, and not only
    /// memory in which there was one: the C++ object refers back to it (`_self`), or it is in
    /// a list of the collector.
    pub fn is_live_greenlet(&self, form: &Form, addr: u64) -> bool {
        match form {
            Form::Plain { .. } => self.is_between_neighbours(addr),
            Form::Object { object, .. } => self.greenlet_words(addr, *object).contains(&addr),
        }
    }

    /// Whether `addr` is the state of the thread whose main greenlet is `of`: `ThreadState`
    /// begins with its main and its current greenlet.
    fn is_thread_state(&self, addr: u64, of: u64) -> bool {
        is_plausible(addr)
            && self.u64(addr) == Ok(of)
            && self
                .u64(addr + WORD as u64)
                .is_ok_and(|current| self.is_greenlet(current))
    }

    fn is_other(&self, addr: u64, word: u64) -> bool {
        word != addr && is_plausible(word) && self.is_greenlet(word)
    }

    /// The words of the C++ object to which the greenlet at `addr` refers at `object`.
    fn greenlet_words(&self, addr: u64, object: u64) -> Words {
        let Ok(Some(at)) = self.pointer(addr + object, "pimpl") else {
            return Words::new();
        };
        self.prefetch([(at, MAX_WORDS * WORD)].into_iter());
        let words = (at..).step_by(WORD).take(MAX_WORDS);
        words.map_while(|at| self.u64(at).ok()).collect()
    }

    /// Index of `stack_start` in `words`, if there is exactly one place for it.
    fn stack_state(&self, words: &Words) -> Option<usize> {
        let mut fitting = FIRST_WORDS.filter(|start| self.is_stack_state(words, *start));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    /// Whether the words from `start` are the stack state of a suspended greenlet.
    fn is_stack_state(&self, words: &Words, start: usize) -> bool {
        let Some(&[begin, stop, copy, saved, previous, context, frame, ..]) = words.get(start..)
        else {
            return false;
        };
        let is_pointer = |word: u64| word == 0 || is_plausible(word);
        let used = stop.wrapping_sub(begin);
        is_plausible(begin)
            && begin < stop
            && (stop == MAIN_STOP || is_plausible(stop) && used <= MAX_STACK)
            && saved <= used.min(MAX_STACK)
            && is_pointer(copy)
            && (copy == 0) == (saved == 0)
            && is_pointer(previous)
            && is_plausible(frame)
            && self.is_kind(frame, Kind::Frame)
            && (context == 0 || is_plausible(context) && self.is_context(context))
    }

    fn is_context(&self, addr: u64) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| ty.name.ends_with(CONTEXT))
    }
}
