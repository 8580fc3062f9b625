//! The functions of the program, by their names.

mod index;
mod interpreter;
mod mentions;
mod variables;

pub(super) use self::mentions::Mentions;

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::loops::hides_callbacks;
use super::reach::names_class;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::source::{Body, Kept, Module, body_at};
use crate::model::Called;

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
    /// Names of context variables.
    context_variables: FxHashSet<String>,
    /// Names of functions whose results are kept and were found, and which make new objects
    /// otherwise.
    known_caches: FxHashSet<String>,
    /// Names of those of which all values were found.
    pub known_contexts: FxHashSet<String>,
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
            known_caches: FxHashSet::default(),
            known_contexts: FxHashSet::default(),
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
        let cached = facts.process.modules.iter();
        let cached = cached.flat_map(|module| &module.cached_functions);
        let known = cached.filter(|name| program.makes_new(name));
        program.known_caches = known.map(ToString::to_string).collect();
        // Callbacks that are not found have contexts that are not found.
        if !program.keeps_contexts() && !program.hidden_loops {
            let found = facts.process.modules.iter();
            let found = found.flat_map(|module| &module.context_variables);
            program.known_contexts = found.map(ToString::to_string).collect();
        }
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

    /// The functions of that name in the program's module of that name, if some code imports it.
    pub(super) fn named_in(&self, module: &str, name: &str) -> Vec<Function> {
        let file = format!("/{module}.py");
        let is_it = |number: usize| {
            let mut files = self.by_file.iter();
            files.any(|(path, at)| *at == Some(number) && path.ends_with(&file))
        };
        let mut found = self.named(name);
        found.retain(|(number, _)| self.imported.contains(module) && is_it(*number));
        found
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

    /// Whether calling an attribute of that name may call any function that was stored.
    pub(super) fn is_stored(&self, name: &str) -> bool {
        let stored = self.sets_by_name || self.stored.contains(name);
        stored && !self.by_name.contains_key(name)
    }

    /// Whether a decorator may have replaced the function of that name by another one.
    pub(super) fn is_wrapped(&self, name: &str) -> bool {
        self.wrapped.contains(name)
    }

    /// Whether functions of this name only return objects that they have made for it.
    fn makes_new(&self, name: &str) -> bool {
        let functions = self.by_name.get(name).into_iter().flatten();
        let bodies: Vec<&Body> = functions.filter_map(|it| Some(self.body(*it)?.0)).collect();
        let is_new = |called: &Option<String>| called.as_deref().is_some_and(names_class);
        let only_new = |body: &&Body| !body.returns.is_empty() && body.returns.iter().all(is_new);
        !bodies.is_empty() && bodies.iter().all(only_new)
    }

    /// Whether all that a function of this name returns was found.
    pub(super) fn knows_results(&self, name: &str) -> bool {
        self.known_caches.contains(name)
    }

    /// Whether it is the name of a context variable.
    pub(super) fn is_context_variable(&self, name: &str) -> bool {
        self.context_variables.contains(name) || self.known_contexts.contains(name)
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

/// The method of tasks and timers that cancels.
const CANCEL: &str = "cancel";

/// The text of a file is not known, or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;
