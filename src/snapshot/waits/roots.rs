//! From where objects can be reached: the variables of everybody who may act.

use std::rc::Rc;

use arcstr::ArcStr;

use super::WaitInputs;
use super::frame_owners::Owners;
use crate::asyncio::LoopHandles;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::model::{ItemId, Referrer};

/// The global that says where a module was loaded from.
const FILE: &str = "__file__";

/// A variable, or what a callback of a loop works on.
#[derive(Debug, Clone)]
pub struct Variable {
    pub name: Rc<str>,
    pub object: u64,
    /// Seconds until a timer uses it.
    pub due_s: Option<f64>,
}

/// Somebody's id and their variables.
pub type Rooted = (Referrer, Vec<Variable>);

/// Everybody who may act.
pub struct Roots<'a, 'r, 'm> {
    pub inputs: &'a WaitInputs<'r, 'm>,
    pub owners: &'a Owners<'a>,
    pub handles: &'a [(u64, LoopHandles)],
}

impl Roots<'_, '_, '_> {
    /// Shows `visit` everybody who may act, with the objects in their variables.
    pub fn visit(&self, visit: &mut dyn FnMut(&Referrer, &[Variable])) {
        let reader = self.inputs.reader;
        let mut found = Vec::new();
        self.owners.visit(&mut |owner| {
            found.clear();
            // What the user's own code calls it comes first.
            for library in [false, true] {
                let frames = owner.frames.iter();
                for owned in frames.filter(|owned| owned.library == library) {
                    add_variables(reader, owned.frame, &mut found);
                }
            }
            visit(&Referrer::Item(owner.id), &found);
        });
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
        for interpreter in self.inputs.interpreters {
            for (module, variables) in self.module_roots(*interpreter) {
                visit(&module, &variables);
            }
        }
    }

    /// What the callbacks of a loop work on.
    fn of_loop(&self, handles: &LoopHandles) -> Vec<Variable> {
        let reader = self.inputs.reader;
        let watched = handles.watched.iter();
        let files = watched.flat_map(|file| file.reader.iter().chain(&file.writer));
        let all = handles.timers.iter().chain(&handles.ready);
        let all = all.chain(&handles.signals).chain(files);
        let objects = all.flat_map(|handle| {
            let bound = reader.bound_objects(handle.callback);
            let arguments = handle.arguments.iter().copied();
            let name: Rc<str> = handle.name.as_str().into();
            let objects: Vec<u64> = bound.into_iter().chain(arguments).collect();
            objects.into_iter().map(move |object| Variable {
                name: name.clone(),
                object,
                due_s: handle.when.map(|when| when - self.inputs.now),
            })
        });
        objects.collect()
    }

    /// The globals of modules that the user wrote.
    fn module_roots(&self, interpreter: u64) -> Vec<Rooted> {
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
                let is_user = file.is_some_and(|file| !self.inputs.frames.is_library(&file));
                if !is_user {
                    continue;
                }
                let (items, _) = reader.dict_items(globals, reader.limits.items)?;
                let variables = items.into_iter().filter_map(|(key, value)| {
                    let is_function = reader.is_kind(value, Kind::Function);
                    let name = reader.text(key).ok()?;
                    (!is_function).then_some(Variable {
                        name,
                        object: value,
                        due_s: None,
                    })
                });
                found.push((
                    Referrer::Module(ArcStr::from(&*reader.text(name)?)),
                    variables.collect(),
                ));
            }
            Ok(found)
        };
        user_modules().unwrap_or_default()
    }

    /// The key by which modules have their file: that of one that has one.
    fn file_key(&self, interpreter: u64) -> Option<u64> {
        let reader = self.inputs.reader;
        let globals = reader.module_globals(interpreter, "os").ok()??;
        let (key, _) = reader.dict_entry(globals, FILE).ok()??;
        Some(key)
    }

    /// Names and globals of the modules in the dict at `modules`.
    fn modules(&self, modules: u64) -> crate::cpython::error::Result<Vec<(u64, u64)>> {
        let reader = self.inputs.reader;
        let (items, _) = reader.dict_items(modules, reader.limits.items)?;
        reader.prefetch_fields(
            items.iter().map(|(_, module)| *module),
            reader.layout.module.md_dict,
        );
        let globals = |module| reader.module_dict(module).ok();
        let loaded = items.into_iter();
        let loaded: Vec<(u64, u64)> = loaded
            .filter_map(|(name, module)| Some((name, globals(module)?)))
            .collect();
        let globals: Vec<u64> = loaded.iter().map(|(_, globals)| *globals).collect();
        reader.prefetch_dicts(&globals);
        Ok(loaded)
    }
}

/// Names and objects of the variables of `frame`.
pub fn variables(reader: &Reader<'_>, frame: &RawFrame) -> Vec<Variable> {
    let mut found = Vec::new();
    add_variables(reader, frame, &mut found);
    found
}

fn add_variables(reader: &Reader<'_>, frame: &RawFrame, found: &mut Vec<Variable>) {
    // What cannot be read refers to nothing.
    let _ = reader.visit_variables(frame, &mut |name, object| {
        found.push(Variable {
            name: name.clone(),
            object,
            due_s: None,
        });
    });
}
