//! Makes frames of the model from frames of the target.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use arcstr::{ArcStr, literal};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::ChainFrame;
use crate::cpython::{Code, DecodeError, Kind, RawFrame, RawStack, Reader};
use crate::model::{Frame, FrameKind, FrameLocation, Local};

/// Directories of installed packages.
const PACKAGE_DIRECTORIES: [&str; 2] = ["/site-packages/", "/dist-packages/"];
/// Prefix of the file names of frozen modules.
const FROZEN_PREFIX: &str = "<frozen ";

/// What is decoded of each frame besides its position in the code.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrameDetail {
    /// Whether local variables are decoded.
    pub locals: bool,
    /// Whether the addresses of frames are needed, for reading more of them later.
    pub locations: bool,
}

/// Makes the frames of one interpreter.
pub struct Frames<'r, 'm> {
    reader: &'r Reader<'m>,
    /// Directory of the standard library, with a trailing slash.
    standard_library: Option<String>,
    /// Top-level modules of the standard library in a bundle (e.g. of PyInstaller), where
    /// its files have relative names.
    bundled_modules: FxHashSet<Rc<str>>,
    detail: FrameDetail,
    /// Frames by the id of their position in the code, without addresses and variables.
    by_position: RefCell<FxHashMap<usize, Frame>>,
    /// Await chains by the ids of the positions of their links.
    chains: RefCell<FxHashMap<Vec<usize>, Arc<[Frame]>>>,
    /// Buffer for the ids of one chain.
    position_ids: RefCell<Vec<usize>>,
    /// Type and text of the objects in variables, by address.
    values: RefCell<FxHashMap<u64, (ArcStr, ArcStr)>>,
}

impl<'r, 'm> Frames<'r, 'm> {
    /// For the interpreter at `interp`.
    pub fn new(reader: &'r Reader<'m>, interp: u64, detail: FrameDetail) -> Self {
        Self {
            reader,
            standard_library: standard_library(reader, interp),
            bundled_modules: bundled_modules(reader, interp).unwrap_or_default(),
            detail,
            by_position: RefCell::default(),
            chains: RefCell::default(),
            position_ids: RefCell::default(),
            values: RefCell::default(),
        }
    }

    /// Whether the file is of the standard library or of an installed package.
    pub fn is_library(&self, file: &str) -> bool {
        let standard = self.standard_library.as_deref();
        file.starts_with(FROZEN_PREFIX)
            || standard.is_some_and(|directory| file.starts_with(directory))
            || PACKAGE_DIRECTORIES.iter().any(|part| file.contains(part))
            || self.is_bundled(file)
    }

    /// Whether the file is of the standard library in a bundle.
    fn is_bundled(&self, file: &str) -> bool {
        let top = file.split('/').next().unwrap_or_default();
        let module = top.strip_suffix(".py").unwrap_or(top);
        self.bundled_modules.contains(module)
    }

    /// A Python frame.
    pub fn python(&self, raw: &RawFrame) -> Frame {
        let mut by_position = self.by_position.borrow_mut();
        let known = by_position.entry(raw.location_id());
        let mut frame = known.or_insert_with(|| self.position(raw)).clone();
        frame.place = Some(FrameLocation {
            frame: raw.addr,
            code: raw.at.code.addr,
        });
        frame.instruction = Some(raw.at.offset);
        if self.detail.locals {
            match self.locals_of(raw) {
                Ok(locals) => frame.locals = Some(locals),
                Err(error) => frame.error = Some(error.to_string()),
            }
        }
        frame
    }

    /// The frame with its position in the code, without address and variables.
    fn position(&self, raw: &RawFrame) -> Frame {
        // Code objects have no qualified name before 3.11, so that of the generator is
        // used. From 3.11 that of the code object is used, because a program may have
        // renamed the generator.
        let qualname = raw.at.qualname.as_deref();
        let position = self.reader.frame_position(raw);
        Frame {
            function: self.reader.shared(&raw.at.code.name),
            qualname: self
                .reader
                .shared(qualname.unwrap_or(&raw.at.code.qualname)),
            file: Some(self.reader.shared(&raw.at.code.filename)),
            line: position.line,
            column: position.column,
            kind: raw.at.code.frame_kind(),
            library: self.is_library(&raw.at.code.filename),
            owner: None,
            locals: None,
            error: None,
            place: None,
            instruction: None,
        }
    }

    /// The frame in which a call of a function with this code will begin.
    pub fn beginning(&self, code: &Code) -> Frame {
        Frame {
            function: self.reader.shared(&code.name),
            qualname: self.reader.shared(&code.qualname),
            file: Some(self.reader.shared(&code.filename)),
            line: u32::try_from(code.first_line).ok(),
            column: None,
            kind: code.frame_kind(),
            library: self.is_library(&code.filename),
            owner: None,
            locals: None,
            error: None,
            place: None,
            instruction: None,
        }
    }

    /// The frames of an await chain, innermost first.
    pub fn chain(&self, chain: &[ChainFrame]) -> Arc<[Frame]> {
        let links = || chain.iter().rev().map(|link| self.link(link));
        if self.detail.locals || self.detail.locations {
            return links().collect();
        }
        let mut ids = self.position_ids.borrow_mut();
        ids.clear();
        for link in chain {
            match link {
                ChainFrame::Python(frame) => ids.push(frame.location_id()),
                ChainFrame::Native(_) => return links().collect(),
            }
        }
        let mut chains = self.chains.borrow_mut();
        if let Some(frames) = chains.get(&*ids) {
            return frames.clone();
        }
        let frames: Arc<[Frame]> = links().collect();
        chains.insert(ids.clone(), frames.clone());
        frames
    }

    /// One link of an await chain.
    fn link(&self, link: &ChainFrame) -> Frame {
        match link {
            ChainFrame::Python(frame) => self.python(frame),
            ChainFrame::Native(name) => Frame {
                function: name.rsplit('.').next().unwrap_or(name).into(),
                qualname: name.clone(),
                file: None,
                line: None,
                column: None,
                kind: FrameKind::Native,
                library: true,
                owner: None,
                locals: None,
                error: None,
                place: None,
                instruction: None,
            },
        }
    }

    /// The bound local variables of a frame.
    fn locals_of(&self, raw: &RawFrame) -> Result<Vec<Local>, DecodeError> {
        let reader = self.reader;
        let bound = reader.frame_variables(raw)?;
        let locals = bound.into_iter().filter_map(|binding| {
            let (type_name, value) = self.shown_value(binding.value?);
            Some(Local {
                name: reader.shared(&binding.name),
                type_name,
                value,
            })
        });
        Ok(locals.collect())
    }

    /// Type and text of the object at `addr`. They are cached, because tasks may share a
    /// large object.
    fn shown_value(&self, addr: u64) -> (ArcStr, ArcStr) {
        if let Some(shown) = self.values.borrow().get(&addr) {
            return shown.clone();
        }
        let reader = self.reader;
        let type_name = match reader.type_of(addr) {
            Ok(ty) => reader.shared(&reader.full_type_name(&ty)),
            Err(_) => literal!("?"),
        };
        let mut text = reader.value(addr).to_string();
        cut_text(&mut text, reader.limits.value_bytes);
        let shown = (type_name, ArcStr::from(text));
        self.values.borrow_mut().insert(addr, shown.clone());
        shown
    }

    /// The frames of a stack, innermost first, and the error at which reading it ended.
    pub fn stack(&self, stack: &RawStack) -> (Vec<Frame>, Option<String>) {
        let frames = stack.frames.iter().map(|raw| self.python(raw));
        (
            frames.collect(),
            stack.error.as_ref().map(ToString::to_string),
        )
    }

    /// The frames of the `traceback.StackSummary` at `summary` (a list of `FrameSummary`,
    /// Lib/traceback.py), innermost first. `None` if it is not a list.
    pub fn summary(&self, summary: u64) -> Option<Vec<Frame>> {
        let reader = self.reader;
        let (entries, _) = reader.list_items(summary, reader.limits.frames).ok()?;
        let text = |entry, name| -> Option<String> {
            let value = reader.attribute(entry, name).ok()??;
            reader.text(value).ok().map(|text| text.to_string())
        };
        let frames = entries.into_iter().rev().map(|entry| {
            let line = ["lineno", "_lineno"].into_iter().find_map(|name| {
                let value = reader.attribute(entry, name).ok()??;
                u32::try_from(reader.int(value).ok()?.to_i64()?).ok()
            });
            let file = text(entry, "filename");
            let function = text(entry, "name").unwrap_or_default();
            Frame {
                qualname: function.clone().into(),
                function: function.into(),
                library: file.as_deref().is_some_and(|file| self.is_library(file)),
                file: file.map(ArcStr::from),
                line,
                column: None,
                kind: FrameKind::Function,
                owner: None,
                locals: None,
                error: None,
                place: None,
                instruction: None,
            }
        });
        Some(frames.collect())
    }
}

/// Cuts `text` to at most `max` bytes at a character boundary, and appends `…` if it
/// was longer.
fn cut_text(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
}

/// Directory of the standard library: the one that the module `os` was loaded from.
fn standard_library(reader: &Reader<'_>, interp: u64) -> Option<String> {
    let file = reader.module_global(interp, "os", "__file__").ok()??;
    if !reader.is_kind(file, Kind::Str) {
        return None;
    }
    let file = reader.text(file).ok()?;
    let (directory, _) = file.rsplit_once('/')?;
    Some(format!("{directory}/"))
}

/// The modules of the standard library (`sys.stdlib_module_names`, 3.10). `None` unless
/// the program is a bundle, which sets `sys.frozen`.
fn bundled_modules(reader: &Reader<'_>, interp: u64) -> Option<FxHashSet<Rc<str>>> {
    reader.module_global(interp, "sys", "frozen").ok()??;
    let names = reader
        .module_global(interp, "sys", "stdlib_module_names")
        .ok()??;
    let (names, _) = reader.set_items(names, reader.limits.mro).ok()?;
    Some(
        names
            .into_iter()
            .filter_map(|name| reader.text(name).ok())
            .collect(),
    )
}
