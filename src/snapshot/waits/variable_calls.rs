//! What the variables of the program's own frames have that can be called. Whoever calls a
//! variable that is not assigned again calls one of these.

use arcstr::ArcStr;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::holders::HolderSearch;
use super::references::RECEIVER;
use super::roots::variables;
use crate::cpython::{Kind, Reader, Step};
use crate::model::{Called, VariableCall};
use crate::snapshot::frames::Frames;

/// Maximum number of frames of one code whose variables are read.
const MAX_FRAMES: usize = 64;

/// What the variables of all frames with one code have.
#[derive(Default)]
struct OfCode {
    file: ArcStr,
    function: ArcStr,
    line: u32,
    frames: usize,
    /// By variable, or by variable and attribute. `None` of what is no callable.
    calls: IndexMap<String, Vec<Option<Called>>, FxBuildHasher>,
}

impl OfCode {
    fn add(&mut self, path: String, called: Option<Called>) {
        let known = self.calls.entry(path).or_default();
        if !known.contains(&called) {
            known.push(called);
        }
    }
}

impl HolderSearch<'_, '_, '_> {
    /// What the variables of the program's own frames have that can be called, where that is so
    /// in all frames of one code.
    pub(super) fn variable_calls(&self) -> Vec<VariableCall> {
        let (reader, frames) = (self.inputs.reader, self.inputs.frames);
        let mut codes: FxHashMap<u64, OfCode> = FxHashMap::default();
        self.owners.visit(&mut |owner| {
            for owned in owner.frames.iter().filter(|owned| !owned.library) {
                let code = &owned.frame.at.code;
                let of_code = codes.entry(code.addr).or_default();
                of_code.frames += 1;
                if of_code.frames > MAX_FRAMES {
                    continue;
                }
                of_code.file = reader.shared(&code.filename);
                of_code.function = reader.shared(&code.name);
                of_code.line = u32::try_from(code.first_line).unwrap_or_default();
                for variable in variables(reader, owned.frame) {
                    let called = called_by(reader, frames, variable.object);
                    of_code.add(variable.name.to_string(), called);
                    if &*variable.name == RECEIVER {
                        for (step, part) in reader.parts(variable.object) {
                            if let Step::Attribute(name) = step {
                                let called = called_by(reader, frames, part);
                                of_code.add(format!("{RECEIVER}.{name}"), called);
                            }
                        }
                    }
                }
            }
        });
        let complete = codes.into_values().filter(|it| it.frames <= MAX_FRAMES);
        let calls = complete.flat_map(|of_code| {
            let OfCode {
                file,
                function,
                line,
                calls,
                ..
            } = of_code;
            calls.into_iter().filter_map(move |(path, called)| {
                Some(VariableCall {
                    file: file.clone(),
                    function: function.clone(),
                    line,
                    path,
                    called: called.into_iter().collect::<Option<_>>()?,
                })
            })
        });
        calls.collect()
    }
}

/// The source file of the class of the object, if it is an instance of a class of a library that
/// is written in Python.
pub(super) fn library_class(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    object: u64,
) -> Option<ArcStr> {
    let ty = reader.type_of(object).ok()?;
    if ty.kind != Kind::Other || !ty.is_heap() {
        return None;
    }
    let methods = reader.methods(&ty);
    let code = methods.iter().find_map(|it| reader.callable_code(*it))?;
    (frames.is_library(&code.filename)).then(|| reader.shared(&code.filename))
}

/// What a call of the object runs. `None` if it is no function, or not known.
pub(super) fn called_by(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    object: u64,
) -> Option<Called> {
    match reader.type_of(object).ok()?.kind {
        Kind::Builtin => {
            let name = reader.callable_name(object).ok()?;
            return Some(Called::Library(reader.shared(&name)));
        }
        Kind::Function | Kind::Method | Kind::Partial | Kind::Generator => {}
        _ => return None,
    }
    let code = reader.callable_code(object)?;
    Some(match frames.is_library(&code.filename) {
        true => Called::Library(reader.shared(&code.name)),
        false => Called::Own {
            name: reader.shared(&code.qualname),
            file: reader.shared(&code.filename),
            line: u32::try_from(code.first_line).ok(),
            is_generator: reader.is_kind(object, Kind::Generator),
        },
    })
}
