//! Variables from which objects can be reached.

use std::cell::OnceCell;
use std::rc::Rc;

use arcstr::ArcStr;

use super::WaitInputs;
use super::context_values;
use super::frame_owners::Owners;
use super::held::Held;
use crate::asyncio::LoopHandles;
use crate::cpython::{ContextValues, Kind, RawFrame, Reader};
use crate::model::{CONTEXT_VALUE, ItemId, Referrer, UserModule};

/// Global with the path of the file of a module.
const FILE: &str = "__file__";

/// Name of the module of the script.
const SCRIPT: &str = "__main__";
/// Stands for the name of what a `with` block has entered.
pub(super) const WITH: &str = "with";
/// Stands for the name of what a greenlet was given that has not begun.
const GIVEN: &str = "(arguments)";

/// A variable, or an argument of a callback of a loop.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// Name of the variable or callback.
    pub name: Rc<str>,
    /// Address of its object.
    pub object: u64,
    /// Seconds until a timer uses it. `None` if no timer does.
    pub due_s: Option<f64>,
    /// Address of the callback that has it. `None` for variables.
    pub callback: Option<u64>,
    /// File of the function that has it, if that is of a library.
    pub library: Option<Rc<str>>,
}

/// A module with its globals.
type Globals = (UserModule, Vec<Variable>);

/// Everything that has variables.
pub(super) struct Roots<'a, 'r, 'm> {
    /// The inputs of the explanation.
    pub inputs: &'a WaitInputs<'r, 'm>,
    /// All frames.
    pub owners: &'a Owners<'a>,
    /// Handles of each loop, by its address.
    pub handles: &'a [(u64, LoopHandles)],
    /// Entered context managers. `None` where they do not matter.
    pub held: Option<&'a Held>,
    /// The values of context variables, once they were read.
    pub contexts: OnceCell<Option<ContextValues>>,
}

impl Roots<'_, '_, '_> {
    /// Calls `visit` with each referrer and its variables: owners of frames, failed tasks
    /// (through their tracebacks), tasks through their callbacks, and loops.
    pub(super) fn visit(&self, visit: &mut dyn FnMut(&Referrer, &[Variable])) {
        let reader = self.inputs.reader;
        let mut found = Vec::new();
        self.owners.visit(&mut |owner| {
            found.clear();
            // Names in the program's own code come first.
            for library in [false, true] {
                let frames = owner.frames.iter();
                for owned in frames.filter(|owned| owned.library == library) {
                    let first = found.len();
                    add_variables(reader, owned.frame, &mut found);
                    if library {
                        let file = &owned.frame.at.code.filename;
                        let own = found.iter_mut().skip(first);
                        own.for_each(|variable| variable.library = Some(file.clone()));
                    }
                }
            }
            // What `with` has entered need not have a name.
            let entered = self.held.map_or(&[][..], |held| held.managers(owner.id));
            found.extend(entered.iter().map(|manager| Variable {
                name: WITH.into(),
                object: *manager,
                due_s: None,
                callback: None,
                library: None,
            }));
            let generators = self.held.map_or(&[][..], |held| held.generators(owner.id));
            for frame in generators
                .iter()
                .filter_map(|it| reader.suspended_frame(*it))
            {
                add_variables(reader, &frame, &mut found);
            }
            visit(&Referrer::Item(owner.id), &found);
        });
        for built in self.owners.tasks {
            let called = built.callbacks.iter().zip(&built.task.callbacks);
            for (addr, callback) in called {
                let name: Rc<str> = callback.name.as_str().into();
                let objects = reader.bound_objects(*addr).into_iter();
                let bound: Vec<Variable> = objects
                    .map(|object| Variable {
                        name: name.clone(),
                        object,
                        due_s: None,
                        callback: Some(*addr),
                        library: None,
                    })
                    .collect();
                visit(&Referrer::Item(built.task.id), &bound);
            }
        }
        for built in self.owners.tasks {
            let given = built.given.iter().map(|object| Variable {
                name: GIVEN.into(),
                object: *object,
                due_s: None,
                callback: None,
                library: None,
            });
            let given: Vec<Variable> = given.collect();
            if !given.is_empty() {
                visit(&Referrer::Item(built.task.id), &given);
            }
        }
        for built in self.owners.tasks {
            let Some(exception) = built.exception else {
                continue;
            };
            let at = exception.get() + u64::from(reader.layout.exception.traceback);
            let Ok(Some(traceback)) = reader.pointer(at, "__traceback__") else {
                continue;
            };
            found.clear();
            for frame in &reader.traceback_frames(traceback).frames {
                add_variables(reader, frame, &mut found);
            }
            visit(&Referrer::Item(built.task.id), &found);
        }
        for (addr, handles) in self.handles {
            visit(&Referrer::Item(ItemId::Loop(*addr)), &self.of_loop(handles));
        }
    }

    /// Calls `visit` with each of the program's own modules and its globals.
    pub(super) fn visit_modules(&self, visit: &mut dyn FnMut(UserModule, &[Variable])) {
        for interpreter in self.inputs.interpreters {
            for (module, variables) in self.module_roots(*interpreter) {
                visit(module, &variables);
            }
        }
    }

    /// The bound objects and arguments of the callbacks of a loop.
    fn of_loop(&self, handles: &LoopHandles) -> Vec<Variable> {
        let reader = self.inputs.reader;
        let watched = handles.watched.iter();
        let of_files = watched.flat_map(|file| file.reader.iter().chain(&file.writer));
        let scheduled = handles.timers.iter().chain(&handles.ready);
        let all = scheduled.chain(&handles.signals).chain(of_files);
        let variables = all.flat_map(|handle| {
            let bound = reader.bound_objects(handle.callback);
            let arguments = handle.arguments.iter().copied();
            let name: Rc<str> = handle.name.as_str().into();
            let objects: Vec<u64> = bound.into_iter().chain(arguments).collect();
            objects.into_iter().map(move |object| Variable {
                name: name.clone(),
                object,
                due_s: handle.when.map(|when| when - self.inputs.now),
                callback: Some(handle.callback),
                library: None,
            })
        });
        variables.collect()
    }

    /// The globals of the program's own modules.
    fn module_roots(&self, interpreter: u64) -> Vec<Globals> {
        let reader = self.inputs.reader;
        let user_modules = || -> crate::cpython::error::Result<Vec<_>> {
            let Some(modules) = reader.sys_modules(interpreter)? else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            let file_key = self.file_key(interpreter);
            for (name, globals) in self.modules(modules)? {
                let file = match file_key {
                    Some(key) => reader.dict_get_key(globals, key),
                    None => reader.dict_get(globals, FILE),
                };
                let file = file.ok().flatten().and_then(|file| reader.text(file).ok());
                let file = file.or_else(|| self.file_of_script(name, globals));
                let Some(file) = file.filter(|file| !self.inputs.frames.is_library(file)) else {
                    continue;
                };
                let (items, _) = reader.dict_items(globals, reader.limits.items)?;
                let mut module = UserModule {
                    name: ArcStr::from(&*reader.text(name)?),
                    file: ArcStr::from(&*file),
                    context_variables: Vec::new(),
                    cached_functions: Vec::new(),
                };
                let mut variables = Vec::new();
                for (key, value) in items {
                    let kind = reader.type_of(value).map(|ty| ty.kind);
                    let Some(name) = reader.text(key).ok() else {
                        continue;
                    };
                    match kind {
                        Ok(Kind::Function) => {}
                        Ok(Kind::ContextVar) => {
                            if let Some(values) = self.values_of(value) {
                                module.context_variables.push(reader.shared(&name));
                                let name: Rc<str> = format!("{name}{CONTEXT_VALUE}").into();
                                let values = values.into_iter();
                                variables.extend(values.map(|it| global(&name, it)));
                            }
                        }
                        Ok(Kind::LruCache) => {
                            if reader.kept_results(value).is_ok() {
                                module.cached_functions.push(reader.shared(&name));
                            }
                            variables.push(global(&name, value));
                        }
                        _ => variables.push(global(&name, value)),
                    }
                }
                found.push((module, variables));
            }
            Ok(found)
        };
        user_modules().unwrap_or_default()
    }

    /// Addresses of the values of the context variable at `variable`, with its default. `None` if
    /// not all could be read.
    fn values_of(&self, variable: u64) -> Option<Vec<u64>> {
        let reader = self.inputs.reader;
        let read = || context_values::read(reader, self.owners, self.handles);
        let values = self.contexts.get_or_init(read).as_ref()?;
        let default = reader.context_default(variable).ok()?;
        Some(values.of(variable).iter().copied().chain(default).collect())
    }

    /// The file of the script, by a function in its globals. `__main__` loses its `__file__`
    /// when the script has ended (Python/pythonrun.c, `_PyRun_SimpleFile`). `None` for other
    /// modules.
    fn file_of_script(&self, name: u64, globals: u64) -> Option<Rc<str>> {
        let reader = self.inputs.reader;
        if &*reader.text(name).ok()? != SCRIPT {
            return None;
        }
        let (items, _) = reader.dict_items(globals, reader.limits.items).ok()?;
        let functions = items.into_iter().map(|(_, value)| value);
        let mut own = functions
            .filter(|value| reader.is_kind(*value, Kind::Function))
            .filter_map(|function| reader.callable_code(function))
            .filter(|code| !self.inputs.frames.is_library(&code.filename));
        own.next().map(|code| code.filename.clone())
    }

    /// Address of the key `__file__`. Checked on 3.7 to 3.15: every module's `__file__` key
    /// is the same interned object. `None` if it was not found.
    fn file_key(&self, interpreter: u64) -> Option<u64> {
        let reader = self.inputs.reader;
        let globals = reader.module_globals(interpreter, "os").ok()??;
        let (key, _) = reader.dict_entry(globals, FILE).ok()??;
        Some(key)
    }

    /// Addresses of the names and globals of the modules in the dict at `modules`.
    fn modules(&self, modules: u64) -> crate::cpython::error::Result<Vec<(u64, u64)>> {
        let reader = self.inputs.reader;
        let (items, _) = reader.dict_items(modules, reader.limits.items)?;
        reader.prefetch_fields(
            items.iter().map(|(_, module)| *module),
            reader.layout.module.md_dict,
        );
        let dict_of = |module| reader.module_dict(module).ok();
        let loaded: Vec<(u64, u64)> = items
            .into_iter()
            .filter_map(|(name, module)| Some((name, dict_of(module)?)))
            .collect();
        let globals: Vec<u64> = loaded.iter().map(|(_, globals)| *globals).collect();
        reader.prefetch_dicts(&globals);
        Ok(loaded)
    }
}

/// A global of a module.
fn global(name: &Rc<str>, object: u64) -> Variable {
    Variable {
        name: name.clone(),
        object,
        due_s: None,
        callback: None,
        library: None,
    }
}

/// The variables of `frame`.
pub(super) fn variables(reader: &Reader<'_>, frame: &RawFrame) -> Vec<Variable> {
    let mut found = Vec::new();
    add_variables(reader, frame, &mut found);
    found
}

/// Adds the variables of `frame` to `found`.
fn add_variables(reader: &Reader<'_>, frame: &RawFrame, found: &mut Vec<Variable>) {
    // A variable that cannot be read leads nowhere.
    let _ = reader.visit_variables(frame, &mut |name, object| {
        found.push(Variable {
            name: name.clone(),
            object,
            due_s: None,
            callback: None,
            library: None,
        });
    });
}
