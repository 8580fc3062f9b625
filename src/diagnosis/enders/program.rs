//! The functions of the program, by their names.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::loops::hides_callbacks;
use super::takers::takes_callback;
use super::values::{Values, is_of_thread};
use crate::diagnosis::facts::Facts;
use crate::diagnosis::source::{Argument, Body, Kept, Module, Place, Use, body_at};
use crate::model::{Called, VariableCall};

/// Bases of classes that call no method of their subclasses on their own.
const PLAIN_BASES: [&str; 8] = [
    "object",
    "ABC",
    "Protocol",
    "Generic",
    "NamedTuple",
    "Enum",
    "Exception",
    "TypedDict",
];

/// One function: the number of its file and its number within the file.
pub(super) type Function = (usize, usize);

/// All functions of the program's own modules.
pub(super) struct Program {
    modules: Vec<Rc<Module>>,
    by_file: FxHashMap<String, Option<usize>>,
    by_name: FxHashMap<String, Vec<Function>>,
    /// Modules in the folders of the code that is on stacks, and below them: the program proper,
    /// without tools that lie beside it.
    near: FxHashSet<usize>,
    /// Names of classes.
    classes: FxHashSet<String>,
    /// Names of attributes that some code assigns.
    stored: FxHashSet<String>,
    /// Functions that code outside of the program may call.
    pub called_from_outside: Vec<Function>,
    /// Those of them that were given to a library.
    pub registered: Vec<Function>,
    /// Methods of classes that extend those of libraries, but for threads, and of objects that a
    /// library uses as files: methods of a library may call them.
    pub overriding: Vec<Function>,
    /// Functions that were given to threads. A thread that runs has its own stack; one that
    /// was only made runs once somebody calls its `start()`.
    pub thread_targets: Vec<Function>,
    /// Functions that the interpreter calls on its own: `__del__`, and those that were given to
    /// hooks.
    pub hooks: Vec<Function>,
    /// Methods of classes that extend those of libraries, by the method that calls each: `_put`
    /// by `put`.
    hooks_of_libraries: FxHashMap<String, Vec<Function>>,
    /// Methods that operators, items and attributes call, and setters of properties.
    pub implicit: Vec<Function>,
    /// Functions with a `yield`.
    pub generators: Vec<Function>,
    /// Names of functions that a decorator may have replaced.
    wrapped: FxHashSet<String>,
    /// Names that some code gives to a finalizer.
    pub finalized: FxHashSet<String>,
    /// Names of variables that some code assigns.
    variables: FxHashSet<String>,
    /// Which tasks code keeps under each name.
    kept_tasks: FxHashMap<String, Kept>,
    /// What variables of functions on stacks have that can be called.
    variable_calls: FxHashMap<(Function, String), Vec<Called>>,
    /// Names of attributes that code assigns outside of what makes an object.
    set_later: FxHashSet<String>,
    /// Whether some code takes a method that cancels as a value.
    pub gives_cancel: bool,
    /// Whether some code of the program makes futures; else they are of libraries.
    pub makes_futures: bool,
    /// Whether a loop keeps its callbacks where they are not found.
    pub hidden_loops: bool,
    /// Whether some code gets functions by names that are values: each may be one.
    pub gets_by_name: bool,
    /// Whether some code sets attributes by names that are values.
    sets_by_name: bool,
    /// Whether some code runs code that is in no module.
    pub loads_code: bool,
    /// Whether some code finds objects where nothing names them: in frames, by addresses.
    pub introspects: bool,
    /// Names of modules that some code imports.
    pub imported: FxHashSet<String>,
    /// Names of context variables, whose values are not found.
    pub context_variables: FxHashSet<String>,
    /// Whether some code sets a timer of the kernel, and names the signal that it sends.
    pub sets_alarm: bool,
    /// Whether some code connects something, which may be a receiver and a signal.
    pub has_signals: bool,
}

impl Program {
    /// Parses the modules of the program, and the files in which its stacks stand.
    pub(super) fn new(facts: &Facts<'_>) -> Self {
        let mut program = Self {
            modules: Vec::new(),
            by_file: FxHashMap::default(),
            by_name: FxHashMap::default(),
            near: FxHashSet::default(),
            classes: FxHashSet::default(),
            stored: FxHashSet::default(),
            called_from_outside: Vec::new(),
            registered: Vec::new(),
            overriding: Vec::new(),
            thread_targets: Vec::new(),
            hooks: Vec::new(),
            hooks_of_libraries: FxHashMap::default(),
            implicit: Vec::new(),
            generators: Vec::new(),
            wrapped: FxHashSet::default(),
            finalized: FxHashSet::default(),
            variables: FxHashSet::default(),
            kept_tasks: FxHashMap::default(),
            variable_calls: FxHashMap::default(),
            set_later: FxHashSet::default(),
            gives_cancel: false,
            makes_futures: false,
            gets_by_name: false,
            sets_by_name: false,
            loads_code: false,
            introspects: false,
            imported: FxHashSet::default(),
            context_variables: FxHashSet::default(),
            has_signals: false,
            sets_alarm: false,
            hidden_loops: facts.process.loops.iter().any(hides_callbacks),
        };
        for module in &facts.process.modules {
            program.add(facts, &module.file);
        }
        let frames = facts.process.frames().chain(facts.detached_frames());
        for frame in frames.filter(|frame| !frame.library) {
            if let Some(file) = &frame.file {
                program.add(facts, file);
            }
        }
        let folders: FxHashSet<&str> = facts
            .process
            .frames()
            .chain(facts.detached_frames())
            .filter(|frame| !frame.library)
            .filter_map(|frame| folder(frame.file.as_deref()?))
            .collect();
        let is_near = |file: &str| folders.iter().any(|folder| file.starts_with(folder));
        let numbers = program.by_file.iter();
        let near = numbers.filter(|(file, _)| is_near(file));
        program.near = near.filter_map(|(_, number)| *number).collect();
        program.index();
        program.add_variable_calls(&facts.process.variable_calls);
        program
    }

    fn add(&mut self, facts: &Facts<'_>, file: &str) {
        if self.by_file.contains_key(file) {
            return;
        }
        let module = facts.module(file);
        let number = module.map(|module| {
            self.modules.push(module);
            self.modules.len() - 1
        });
        self.by_file.insert(file.to_owned(), number);
    }

    fn add_variable_calls(&mut self, calls: &[VariableCall]) {
        for call in calls {
            let found = self.beginning_at(&call.file, call.line, &call.function);
            if let Ok(function) = found {
                let key = (function, call.path.clone());
                self.variable_calls.insert(key, call.called.clone());
            }
        }
    }

    /// What a call of a variable of a function on a stack runs: of its parameter, of a parameter
    /// of a function around it, or of an attribute of its object that only what makes an object
    /// sets. `None` if that is not known, or may change.
    pub(super) fn variable_call(&self, function: Function, path: &str) -> Option<&[Called]> {
        let (body, module) = self.body(function)?;
        let (variable, attribute) = match path.split_once('.') {
            Some((variable, attribute)) => (variable, Some(attribute)),
            None => (path, None),
        };
        let around = module.uses().iter();
        let around = around.filter(|other| other.contains(body) || body.contains(other));
        let changes = around
            .clone()
            .any(|other| other.assigned.contains(variable));
        let is_parameter = around
            .clone()
            .any(|other| other.parameters.contains(variable));
        let is_set = attribute.is_some_and(|it| self.sets_by_name || self.set_later.contains(it));
        let called = self.variable_calls.get(&(function, path.to_owned()))?;
        (is_parameter && !changes && !is_set).then_some(called)
    }

    fn index(&mut self) {
        let modules = self.modules.clone();
        for (function, body) in all_of(&modules) {
            self.index_names(function, body);
        }
        for (name, kept) in modules.iter().flat_map(|module| module.kept_tasks()) {
            self.kept_tasks.entry(name.clone()).or_default().add(kept);
        }
        let values = Values::find(&modules, self.hidden_loops);
        let find = |is_one: &dyn Fn(&Body) -> bool| -> Vec<Function> {
            let all = all_of(&modules).filter(|(_, body)| is_one(body));
            all.map(|(function, _)| function).collect()
        };
        self.registered = find(&|body| values.gets_library(self, body));
        self.called_from_outside = find(&|body| values.gets_anybody(self, body));
        self.overriding = find(&|body| {
            let extends = self.extends_library(body) && !is_of_thread(body);
            extends || values.is_used_as_file(self, body)
        });
        self.thread_targets = find(&|body| values.becomes_thread(body));
        self.hooks = self.hooks();
        for (function, body) in all_of(&modules) {
            if let Some(caller) = body.name.strip_prefix('_')
                && self.extends_library(body)
            {
                let hooks = self.hooks_of_libraries.entry(caller.to_owned());
                hooks.or_default().push(function);
            }
        }
        self.sets_alarm = self.uses_any(&ALARMS) && self.uses_any(&ALARM_SIGNALS);
    }

    /// Whether some code uses one of these names.
    fn uses_any(&self, names: &[&str]) -> bool {
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut uses = functions.flat_map(|(body, _)| &body.uses);
        uses.any(|each| match &each.what {
            Use::Name { name, .. } | Use::Attribute { name, .. } => names.contains(&name.as_str()),
            _ => false,
        })
    }

    fn index_names(&mut self, function: Function, body: &Body) {
        let known = self.by_name.entry(body.name.clone()).or_default();
        known.push(function);
        self.classes.extend(body.class.clone());
        self.stored.extend(body.stores.iter().cloned());
        if !MAKES_OBJECTS.contains(&body.name.as_str()) {
            self.set_later.extend(body.stores.iter().cloned());
        }
        self.variables.extend(body.assigned.iter().cloned());
        self.variables.extend(body.parameters.iter().cloned());
        let is_near = self.near.contains(&function.0);
        self.gets_by_name |= is_near && body.gets_by_name;
        self.sets_by_name |= is_near && body.sets_by_name;
        self.imported.extend(body.imported.iter().cloned());
        let context = body.context_variables.iter();
        self.context_variables.extend(context.cloned());
        if body.is_generator() {
            self.generators.push(function);
        }
        if body.is_registered {
            self.wrapped.insert(body.name.clone());
        }
        if body.is_setter || is_implicit(&body.name) {
            self.implicit.push(function);
        }
        for each in &body.uses {
            let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) = &each.what
            else {
                continue;
            };
            self.introspects |= is_near && INTROSPECTION.contains(&name.as_str());
            self.loads_code |= is_near && LOADERS.contains(&name.as_str());
            self.has_signals |= CONNECTS.contains(&name.as_str());
            self.makes_futures |= MAKERS_OF_FUTURES.contains(&name.as_str());
            self.gives_cancel |= !called && name == CANCEL;
            if *called && FINALIZERS.contains(&name.as_str()) {
                let given = body.arguments_of(each);
                self.finalized.extend(given.filter_map(|it| match &it.what {
                    Use::Name { name, .. } | Use::Attribute { name, .. } => Some(name.clone()),
                    _ => None,
                }));
            }
        }
    }

    /// The functions whose tasks code may keep under a name. `None` if it may be any task.
    pub(super) fn tasks_kept_as(&self, name: &str) -> Option<FxHashSet<String>> {
        let mut functions = FxHashSet::default();
        let mut known: FxHashSet<&str> = FxHashSet::default();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if !known.insert(name) {
                continue;
            }
            let kept = self.kept_tasks.get(name).filter(|it| it.is_stored)?;
            // Another function may put something into the container that it gets.
            let mut takers = kept.given_to.iter();
            let is_shared = kept.is_container && takers.any(|it| !self.named(it).is_empty());
            // The method of a class of the program is followed like any other.
            let is_own = |class: &String| !self.methods(class, &[CANCEL]).is_empty();
            // A decorator may make coroutines of another function.
            let is_plain = |it: &String| !self.named(it).is_empty() && !self.is_wrapped(it);
            if kept.is_open
                || is_shared
                || self.sets_by_name
                || !kept.made_by.iter().all(is_own)
                || !kept.functions.iter().all(is_plain)
            {
                return None;
            }
            functions.extend(kept.functions.iter().cloned());
            open.extend(kept.names.iter().map(String::as_str));
        }
        Some(functions)
    }

    /// What runs where something is printed, logged, asked for, or fails, if the program puts an
    /// object in the place of `sys.stdout`, `sys.stderr` or `sys.stdin`.
    pub(super) fn of_streams(&self) -> Vec<Function> {
        let methods = OF_STREAMS.iter().flat_map(|name| self.named(name));
        methods.filter(|_| self.replaces_streams()).collect()
    }

    fn replaces_streams(&self) -> bool {
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut stored = functions.map(|(body, _)| body);
        stored.any(|body| {
            let mut uses = body.uses.iter();
            STREAMS.iter().any(|name| body.stores.contains(*name))
                || uses.any(|each| match &each.what {
                    Use::Name { name, .. } | Use::Attribute { name, .. } => {
                        REDIRECTS.contains(&name.as_str())
                    }
                    _ => false,
                })
        })
    }

    /// What runs when something is imported.
    pub(super) fn of_imports(&self) -> Vec<Function> {
        let methods = OF_IMPORTS.iter().flat_map(|name| self.named(name));
        methods.collect()
    }

    /// Whether the program has a function or class of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name) || self.classes.contains(name)
    }

    /// Whether the program has a class of that name.
    pub(super) fn is_class(&self, name: &str) -> bool {
        self.classes.contains(name)
    }

    /// Whether it is a method of a class that extends one of a library.
    pub(super) fn extends_library(&self, body: &Body) -> bool {
        let foreign =
            |base: &String| !self.classes.contains(base) && !PLAIN_BASES.contains(&base.as_str());
        body.bases.iter().any(foreign)
    }

    /// The methods that a method of a library calls of the classes which extend it.
    pub(super) fn hooks_of(&self, method: &str) -> &[Function] {
        self.hooks_of_libraries
            .get(method)
            .map_or(&[], Vec::as_slice)
    }

    /// A function and the text of its file.
    pub(super) fn body(&self, (module, at): Function) -> Option<(&Body, &Module)> {
        let module = self.modules.get(module)?;
        Some((module.uses().get(at)?, module))
    }

    /// All functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = Function> {
        let modules = self.modules.iter().enumerate();
        modules.flat_map(|(number, module)| (0..module.uses().len()).map(move |at| (number, at)))
    }

    /// The functions of that name, and what runs when a class of that name is called.
    pub(super) fn named(&self, name: &str) -> Vec<Function> {
        let own = self.by_name.get(name).into_iter().flatten().copied();
        let made = self.methods(name, &["__init__", "__new__", "__post_init__", "__call__"]);
        own.chain(made).collect()
    }

    /// These methods of the classes of that name.
    pub(super) fn methods(&self, class: &str, methods: &[&str]) -> Vec<Function> {
        if !self.classes.contains(class) {
            return Vec::new();
        }
        let all = methods
            .iter()
            .filter_map(|method| self.by_name.get(*method));
        let of_class = all.flatten().copied().filter(|function| {
            self.body(*function)
                .is_some_and(|(body, _)| body.class.as_deref() == Some(class))
        });
        of_class.collect()
    }

    /// The functions that were given to `signal.signal()`. Where that gets a variable, each
    /// function that code takes as a value may be in it.
    pub(super) fn signal_handlers(&self) -> Vec<Function> {
        let takes = |given: &(String, Argument)| given.0 == SIGNAL && given.1 == Argument::At(1);
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut uses = functions.flat_map(|(body, _)| &body.uses);
        let any = uses.any(|each| match &each.what {
            Use::Name { name, called, .. } => {
                let given = each.given_to.as_ref().is_some_and(takes);
                !called && given && self.named(name).is_empty()
            }
            _ => false,
        });
        match any {
            true => self.called_from_outside.clone(),
            false => self.given_to(&|(function, _)| function == SIGNAL),
        }
    }

    /// `__del__`, finalizers, and what is called for errors.
    fn hooks(&self) -> Vec<Function> {
        let mut hooks = self.given_to(&|(function, _)| {
            FINALIZERS.contains(&function.as_str()) || TAKE_HOOKS.contains(&function.as_str())
        });
        hooks.extend(self.by_name.get(DEL).into_iter().flatten());
        for function in self.functions() {
            if let Some((body, _)) = self.body(function) {
                hooks.extend(body.hooks.iter().flat_map(|name| self.named(name)));
                hooks.extend(body.is_hook.then_some(function));
            }
        }
        hooks
    }

    /// The functions that are given to a function for which `takes` is true.
    fn given_to(&self, takes: &dyn Fn(&(String, Argument)) -> bool) -> Vec<Function> {
        let mut given = Vec::new();
        for function in self.functions() {
            let Some((body, _)) = self.body(function) else {
                continue;
            };
            if body.given_to.as_ref().is_some_and(takes) {
                given.push(function);
            }
            for each in &body.uses {
                let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) =
                    &each.what
                else {
                    continue;
                };
                if !called && each.given_to.as_ref().is_some_and(takes) {
                    given.extend(self.named(name));
                }
            }
        }
        given
    }

    /// Whether calling an attribute of that name may call any function that was stored.
    pub(super) fn is_stored(&self, name: &str) -> bool {
        let stored = self.sets_by_name || self.stored.contains(name);
        stored && !self.by_name.contains_key(name)
    }

    /// Whether a decorator may have replaced the function of that name by another one.
    pub(super) fn is_wrapped(&self, name: &str) -> bool {
        self.wrapped.contains(name)
    }

    /// Whether some code assigns a variable of that name, or has a parameter of that name.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// Whether some code of the program assigns an attribute of that name.
    pub(super) fn is_attribute(&self, name: &str) -> bool {
        self.stored.contains(name)
    }

    /// The function at a line of a file. `Err` if the text of the file is not known.
    pub(super) fn at(&self, file: &str, line: u32, name: &str) -> Result<Function, Unknown> {
        let number = self.by_file.get(file).copied().flatten().ok_or(Unknown)?;
        let module = self.modules.get(number).ok_or(Unknown)?;
        let bodies = module.uses();
        let body = body_at(bodies, line, name).ok_or(Unknown)?;
        let at = bodies.iter().position(|it| std::ptr::eq(it, body));
        at.map(|at| (number, at)).ok_or(Unknown)
    }

    /// The function that begins at a line of a file, or at the `def` below its decorators.
    pub(super) fn beginning_at(
        &self,
        file: &str,
        line: u32,
        name: &str,
    ) -> Result<Function, Unknown> {
        let number = self.by_file.get(file).copied().flatten().ok_or(Unknown)?;
        let module = self.modules.get(number).ok_or(Unknown)?;
        let bodies = module.uses().iter().enumerate();
        let below = bodies.filter(|(_, body)| body.name == name && body.line >= line);
        let nearest = below.min_by_key(|(_, body)| body.line);
        nearest.map(|(at, _)| (number, at)).ok_or(Unknown)
    }

    /// How all code of the program, still to run or not, uses these methods of an object with
    /// one of these names.
    pub(super) fn mentions(&self, methods: &[&str], names: &FxHashSet<String>) -> Mentions {
        let mut found = Mentions::default();
        let functions = self.functions().filter_map(|function| self.body(function));
        for each in functions.flat_map(|(body, _)| &body.uses) {
            let Use::Attribute { of, name, called } = &each.what else {
                continue;
            };
            if !methods.contains(&name.as_str()) {
                continue;
            }
            let has_name = match of {
                Place::Named(place) | Place::Local(place) => names.contains(place),
                Place::Called(_) | Place::Other => false,
            };
            found.any |= has_name || !matches!(of, Place::Named(_));
            found.by_name |= has_name;
            // What a call returned may be it, and so may a variable of a loop.
            let may_be_it = has_name || !matches!(of, Place::Named(_));
            if may_be_it && !called {
                found.as_value = true;
                found.handed_out |= !each.given_to.as_ref().is_none_or(takes_callback);
            }
        }
        found
    }
}

/// The folder of a file, with the slash at its end. `None` of a file without a folder, and of one
/// in the root.
fn folder(file: &str) -> Option<&str> {
    let end = file.rfind('/').filter(|at| *at > 0)?;
    file.get(..=end)
}

/// All functions of these modules.
pub(super) fn all_of(modules: &[Rc<Module>]) -> impl Iterator<Item = (Function, &Body)> {
    let modules = modules.iter().enumerate();
    modules.flat_map(|(number, module)| {
        let bodies = module.uses().iter().enumerate();
        bodies.map(move |(at, body)| ((number, at), body))
    })
}

/// How the code of the program uses methods of an object.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Mentions {
    /// Some code may use one of them.
    pub any: bool,
    /// Some code calls one, or takes it as a value, under one of the names.
    pub by_name: bool,
    /// Some code takes one as a value.
    pub as_value: bool,
    /// Some code hands one to a function whose further use of it does not show in the memory
    /// that is read.
    pub handed_out: bool,
}

/// Methods with two underscores that have a rule of their own.
const EXPLICIT: [&str; 13] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__iter__",
    "__next__",
    "__aiter__",
    "__anext__",
    "__call__",
    "__del__",
];

/// Whether it is a method that operators, items or attributes call.
fn is_implicit(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") && !EXPLICIT.contains(&name)
}

/// Methods that run when an object is made.
const MAKES_OBJECTS: [&str; 3] = ["__init__", "__new__", "__post_init__"];

/// The method of tasks and timers that cancels.
const CANCEL: &str = "cancel";
/// The function that takes handlers of signals.
const SIGNAL: &str = "signal";
/// Functions that take what is to be called when an object goes.
const FINALIZERS: [&str; 2] = ["finalize", "ref"];
/// Functions that take what the interpreter or a loop calls: for errors, for events.
const TAKE_HOOKS: [&str; 2] = ["set_exception_handler", "addaudithook"];
/// The method that the interpreter calls when an object goes.
const DEL: &str = "__del__";
/// Methods that it calls for an import (`sys.meta_path`, Lib/importlib/_bootstrap.py).
const OF_IMPORTS: [&str; 3] = ["find_spec", "create_module", "exec_module"];

/// Functions and methods that run code which is in no file of a module, or in one that is not
/// known to be imported (importlib.util, runpy).
const LOADERS: [&str; 6] = [
    "exec",
    "eval",
    "exec_module",
    "module_from_spec",
    "run_path",
    "run_module",
];

/// Attributes and functions that give the variables of running code, or objects by their addresses
/// (inspect, gc, ctypes).
const INTROSPECTION: [&str; 9] = [
    "f_locals",
    "cell_contents",
    "get_objects",
    "get_referrers",
    "_current_frames",
    "cr_await",
    "ag_await",
    "gi_yieldfrom",
    "py_object",
];

/// Functions that set a timer of the kernel, and the signals that such timers send
/// (setitimer(2), alarm(2)).
const ALARMS: [&str; 2] = ["alarm", "setitimer"];
const ALARM_SIGNALS: [&str; 3] = ["SIGALRM", "SIGVTALRM", "SIGPROF"];

/// What gives a receiver to a signal of blinker or Django, which calls it in `send()`.
const CONNECTS: [&str; 3] = ["connect", "connect_via", "receiver"];

/// Attributes of `sys` with the files that the interpreter uses.
const STREAMS: [&str; 3] = ["stdout", "stderr", "stdin"];
/// Managers that replace them.
const REDIRECTS: [&str; 2] = ["redirect_stdout", "redirect_stderr"];
/// Methods of files that are called where something is written, or asked for (`input()`).
const OF_STREAMS: [&str; 3] = ["write", "flush", "readline"];

/// Functions and classes that make futures.
const MAKERS_OF_FUTURES: [&str; 2] = ["create_future", "Future"];

/// The text of a file is not known, or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;
