//! From where objects can be reached: the variables of everybody who may act.

use super::Scene;
use super::owners::{OwnedFrame, Owner};
use crate::python::{Kind, RawFrame, Reader};
use crate::snapshot::tasks::BuiltTask;
use crate::tasks::LoopHandles;

/// A variable, or what a callback of a loop works on.
#[derive(Debug, Clone)]
pub struct Variable {
    pub name: String,
    pub object: u64,
    /// Seconds until a timer uses it.
    pub due_s: Option<f64>,
}

/// Somebody's id and their variables.
pub type Rooted = (String, Vec<Variable>);

/// Everybody who may act.
pub struct Roots<'a, 'r, 'm> {
    pub scene: &'a Scene<'r, 'm>,
    pub owners: &'a [Owner],
    pub tasks: &'a [BuiltTask],
    pub loops: &'a [(u64, LoopHandles)],
}

impl Roots<'_, '_, '_> {
    /// Everybody who may act, and the objects in their variables.
    pub fn of_all(&self) -> Vec<Rooted> {
        let reader = self.scene.reader;
        let mut roots: Vec<Rooted> = Vec::new();
        for owner in self.owners {
            // What the user's own code calls it comes first.
            let (library, user): (Vec<&OwnedFrame>, Vec<&OwnedFrame>) =
                owner.frames.iter().partition(|owned| owned.library);
            let frames = user.into_iter().chain(library);
            roots.push((
                owner.id.clone(),
                frames
                    .flat_map(|owned| variables(reader, &owned.frame))
                    .collect(),
            ));
        }
        for built in self.tasks {
            let Some(exception) = built.exception else {
                continue;
            };
            let at = exception + u64::from(reader.layout.exception.traceback);
            let Ok(Some(traceback)) = reader.pointer(at, "__traceback__") else {
                continue;
            };
            let frames = reader.traceback_frames(traceback).frames;
            let variables = frames.iter().flat_map(|frame| variables(reader, frame));
            roots.push((built.task.id.clone(), variables.collect()));
        }
        for (addr, handles) in self.loops {
            let watched = handles.watched.iter();
            let files = watched.flat_map(|file| file.reader.iter().chain(&file.writer));
            let all = handles.timers.iter().chain(&handles.ready);
            let all = all.chain(&handles.signals).chain(files);
            let objects = all.flat_map(|handle| {
                let bound = reader.bound_objects(handle.callback);
                let arguments = handle.arguments.iter().copied();
                let objects: Vec<u64> = bound.into_iter().chain(arguments).collect();
                objects.into_iter().map(|object| Variable {
                    name: handle.name.clone(),
                    object,
                    due_s: handle.when.map(|when| when - self.scene.now),
                })
            });
            roots.push((format!("loop:0x{addr:x}"), objects.collect()));
        }
        for interpreter in self.scene.interpreters {
            roots.extend(self.module_roots(*interpreter));
        }
        roots
    }

    /// The globals of modules that the user wrote.
    fn module_roots(&self, interpreter: u64) -> Vec<Rooted> {
        let reader = self.scene.reader;
        let user_modules = || -> crate::python::error::Result<Vec<_>> {
            let Some(modules) = reader.sys_modules(interpreter)? else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            for (name, module) in reader.dict_items(modules, reader.limits.items)?.0 {
                if !reader.is_kind(module, Kind::Module) {
                    continue;
                }
                let globals = reader.module_dict(module)?;
                let file = reader.dict_get(globals, "__file__")?;
                let file = file.and_then(|file| reader.text(file).ok());
                let is_user = file.is_some_and(|file| !self.scene.frames.is_library(&file));
                if !is_user {
                    continue;
                }
                let (items, _) = reader.dict_items(globals, reader.limits.items)?;
                let variables = items.into_iter().filter_map(|(key, value)| {
                    let is_function = reader.is_kind(value, Kind::Function);
                    let name = reader.text(key).ok()?.to_string();
                    (!is_function).then_some(Variable {
                        name,
                        object: value,
                        due_s: None,
                    })
                });
                found.push((
                    format!("module:{}", reader.text(name)?),
                    variables.collect(),
                ));
            }
            Ok(found)
        };
        user_modules().unwrap_or_default()
    }
}

/// Names and objects of the variables of `frame`.
pub fn variables(reader: &Reader<'_>, frame: &RawFrame) -> Vec<Variable> {
    let bindings = reader.frame_variables(frame).unwrap_or_default();
    bindings
        .into_iter()
        .filter_map(|binding| {
            Some(Variable {
                name: binding.name.to_string(),
                object: binding.value?,
                due_s: None,
            })
        })
        .collect()
}
