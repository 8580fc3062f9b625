//! Functions that code takes as values, and who gets them.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Function, Program, all_of};
use super::quiet::keeps_to_itself;
use super::takers::{
    OF_FILES, RUN, THREADS, becomes_thread, is_builtin, is_called_by_loop, keeps_file,
    takes_callback,
};
use crate::diagnosis::source::{Body, Module, Use};

/// Name of functions without a name (Python/compile.c).
const LAMBDA: &str = "<lambda>";

/// Methods of protocols, which transports call (Lib/asyncio/protocols.py).
const OF_PROTOCOLS: [&str; 13] = [
    "connection_made",
    "connection_lost",
    "pause_writing",
    "resume_writing",
    "data_received",
    "eof_received",
    "get_buffer",
    "buffer_updated",
    "datagram_received",
    "error_received",
    "pipe_data_received",
    "pipe_connection_lost",
    "process_exited",
];

/// Names that code takes as values.
pub(super) struct Values<'m> {
    /// All but those that threads and loops get.
    all: FxHashSet<&'m str>,
    /// Those that threads get.
    targets: FxHashSet<&'m str>,
    /// The functions that are called with each name as an argument.
    given: FxHashMap<&'m str, Vec<&'m str>>,
    /// Whether loops keep what they get where it is not found.
    hidden: bool,
    /// Functions that use an object as a file from then on, if they are of a library.
    keepers: FxHashSet<&'m str>,
}

impl<'m> Values<'m> {
    /// The values in these modules. `hidden` says that loops keep what they get where it is not
    /// found.
    pub(super) fn find(modules: &'m [Rc<Module>], hidden: bool) -> Self {
        let mut values = Self {
            hidden,
            all: FxHashSet::default(),
            targets: FxHashSet::default(),
            given: FxHashMap::default(),
            keepers: FxHashSet::default(),
        };
        for each in all_of(modules).flat_map(|(_, body)| &body.uses) {
            let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) = &each.what
            else {
                continue;
            };
            let keeper = each.given_to.as_ref().filter(|given| keeps_file(given));
            values
                .keepers
                .extend(keeper.map(|(function, _)| function.as_str()));
            match &each.given_to {
                _ if *called => {}
                Some(given) if becomes_thread(given) => drop(values.targets.insert(name)),
                Some(given) if is_called_by_loop(given) && !hidden => {}
                Some((function, _)) => {
                    values.all.insert(name);
                    values.given.entry(name).or_default().push(function);
                }
                None => drop(values.all.insert(name)),
            }
        }
        values
    }

    /// Whether a library got the function. A function or class of the program does what its
    /// code says with what it gets.
    pub(super) fn gets_library(&self, program: &Program, body: &Body) -> bool {
        let given = body.given_to.as_ref();
        let as_value = || {
            let mut takers = self.given.get(&*body.name).into_iter().flatten();
            takers.any(|function| !program.has(function))
        };
        given.is_some_and(|it| !program.has(&it.0) && !takes_callback(it) && !is_builtin(it))
            || body.is_registered && !has_own_decorators(program, body)
            || as_value()
            || self.is_used_as_file(program, body)
            || program.extends_library(body) && !is_of_thread(body)
    }

    /// Whether it is a method of a file, and a library has got an object that it uses as one.
    pub(super) fn is_used_as_file(&self, program: &Program, body: &Body) -> bool {
        let mut keepers = self.keepers.iter();
        body.class.is_some()
            && OF_FILES.contains(&&*body.name)
            && keepers.any(|function| !program.has(function))
    }

    /// Whether code that does not name the function may call it.
    pub(super) fn gets_anybody(&self, program: &Program, body: &Body) -> bool {
        let handed_out = match &body.given_to {
            Some(given) => {
                let seen = takes_callback(given) && !self.hidden;
                !seen && !is_builtin(given)
            }
            // Whoever reaches the variable with it may call it.
            None => body.name == LAMBDA,
        };
        handed_out
            || body.is_registered
            || program.gets_by_name
            || self.all.contains(&*body.name)
            || self.hidden && OF_PROTOCOLS.contains(&body.name.as_str())
            || program.extends_library(body) && !is_of_thread(body)
    }

    /// Whether it is what a thread runs.
    pub(super) fn becomes_thread(&self, body: &Body) -> bool {
        let given = body.given_to.as_ref();
        let mut bases = body.bases.iter();
        self.targets.contains(&*body.name)
            || given.is_some_and(becomes_thread)
            || bases.any(|base| THREADS.contains(&base.as_str())) && body.name == RUN
    }
}

/// Whether the function was given to decorators of the program alone, which give it to no library.
fn has_own_decorators(program: &Program, body: &Body) -> bool {
    let keeps = |name: &String| {
        let functions = match name.split_once('.') {
            Some((module, name)) => program.named_in(module, name),
            None => program.named(name),
        };
        !functions.is_empty() && !functions.iter().any(|it| gives_to_library(program, *it))
    };
    !body.decorators.is_empty() && body.decorators.iter().all(keeps)
}

/// Whether a function, or one inside of it, gives a parameter to a function of a library that may
/// call it.
fn gives_to_library(program: &Program, function: Function) -> bool {
    let Some((outer, module)) = program.body(function) else {
        return true;
    };
    let bodies = module.uses().iter();
    let inside = bodies.filter(|body| outer.contains(body));
    let parameters: Vec<&String> = inside.clone().flat_map(|it| &it.parameters).collect();
    let mut uses = inside.flat_map(|body| &body.uses);
    uses.any(|each| match (&each.what, &each.given_to) {
        (Use::Name { name, called, .. }, Some((taker, _))) => {
            let only_wraps = WRAPPERS.contains(&taker.as_str());
            !called
                && parameters.contains(&name)
                // The function that the decorator received.
                && !parameters.contains(&taker)
                && !program.has(taker)
                && !only_wraps
                && !keeps_to_itself(taker)
        }
        _ => false,
    })
}

/// Functions that make a function look like the one that they get (functools), or only look at it
/// (inspect).
const WRAPPERS: [&str; 5] = [
    "wraps",
    "update_wrapper",
    "iscoroutinefunction",
    "signature",
    "isgeneratorfunction",
];

/// Whether its class only extends threads, which call nothing but `run()`.
pub(super) fn is_of_thread(body: &Body) -> bool {
    let mut bases = body.bases.iter();
    bases.all(|base| THREADS.contains(&base.as_str()))
}
