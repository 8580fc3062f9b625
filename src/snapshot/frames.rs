//! Frames of the model from frames of the target.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use arcstr::{ArcStr, literal};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::ChainFrame;
use crate::cpython::{DecodeError, Kind, RawFrame, RawStack, Reader};
use crate::model::{Frame, FrameKind, FramePlace, Local};

/// Directories whose files are installed, not written by the user.
const PACKAGE_DIRECTORIES: [&str; 2] = ["/site-packages/", "/dist-packages/"];
/// Files of modules that are frozen into the interpreter.
const FROZEN_PREFIX: &str = "<frozen ";

/// What is decoded of each frame beside its place in the code.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrameDetail {
    /// Its local variables.
    pub locals: bool,
    /// Where it lies, for those who stay attached.
    pub places: bool,
}

/// Makes frames of one interpreter.
pub struct Frames<'r, 'm> {
    reader: &'r Reader<'m>,
    /// Directory of the standard library, with a slash at its end.
    standard_library: Option<String>,
    /// In a bundle (PyInstaller and the like), where files of the standard
    /// library have relative names: its top-level modules.
    bundled_modules: FxHashSet<Rc<str>>,
    detail: FrameDetail,
    /// Frames by their place in the code, without their place in memory.
    known: RefCell<FxHashMap<usize, Frame>>,
    /// Whole chains by the places of their links.
    chains: RefCell<FxHashMap<Vec<usize>, Arc<[Frame]>>>,
    /// The places of the chain that is looked up.
    places: RefCell<Vec<usize>>,
    /// Type and text of the objects in variables, by address.
    values: RefCell<FxHashMap<u64, (ArcStr, ArcStr)>>,
}

impl<'r, 'm> Frames<'r, 'm> {
    /// For the interpreter at `interp`, with what is asked for.
    pub fn new(reader: &'r Reader<'m>, interp: u64, detail: FrameDetail) -> Self {
        Self {
            reader,
            standard_library: standard_library(reader, interp),
            bundled_modules: bundled_modules(reader, interp).unwrap_or_default(),
            detail,
            known: RefCell::default(),
            chains: RefCell::default(),
            places: RefCell::default(),
            values: RefCell::default(),
        }
    }

    /// Whether the file is installed, not written by the user.
    pub fn is_library(&self, file: &str) -> bool {
        let standard = self.standard_library.as_deref();
        file.starts_with(FROZEN_PREFIX)
            || standard.is_some_and(|directory| file.starts_with(directory))
            || PACKAGE_DIRECTORIES.iter().any(|part| file.contains(part))
            || self.is_bundled(file)
    }

    fn is_bundled(&self, file: &str) -> bool {
        let top = file.split('/').next().unwrap_or_default();
        let module = top.strip_suffix(".py").unwrap_or(top);
        self.bundled_modules.contains(module)
    }

    /// A Python frame.
    pub fn python(&self, raw: &RawFrame) -> Frame {
        let mut known = self.known.borrow_mut();
        let frame = known.entry(raw.location_id());
        let mut frame = frame.or_insert_with(|| self.place_in_code(raw)).clone();
        frame.place = Some(FramePlace {
            frame: raw.addr,
            code: raw.at.code.addr,
        });
        if self.detail.locals {
            match self.locals_of(raw) {
                Ok(locals) => frame.locals = Some(locals),
                Err(error) => frame.error = Some(error.to_string()),
            }
        }
        frame
    }

    fn place_in_code(&self, raw: &RawFrame) -> Frame {
        // That of a generator may have been changed: from 3.11 the code's own says
        // where to look.
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
        }
    }

    /// The frames of an await chain, innermost first.
    pub fn chain(&self, chain: &[ChainFrame]) -> Arc<[Frame]> {
        let links = || chain.iter().rev().map(|link| self.link(link));
        if self.detail.locals || self.detail.places {
            return links().collect();
        }
        let mut places = self.places.borrow_mut();
        places.clear();
        for link in chain {
            match link {
                ChainFrame::Python(frame) => places.push(frame.location_id()),
                ChainFrame::Native(_) => return links().collect(),
            }
        }
        let mut chains = self.chains.borrow_mut();
        if let Some(known) = chains.get(&*places) {
            return known.clone();
        }
        let frames: Arc<[Frame]> = links().collect();
        chains.insert(places.clone(), frames.clone());
        frames
    }

    /// One link of an await chain.
    fn link(&self, link: &ChainFrame) -> Frame {
        match link {
            ChainFrame::Python(frame) => self.python(frame),
            ChainFrame::Native(shown) => Frame {
                function: shown.rsplit('.').next().unwrap_or(shown).into(),
                qualname: shown.clone(),
                file: None,
                line: None,
                column: None,
                kind: FrameKind::Native,
                library: true,
                owner: None,
                locals: None,
                error: None,
                place: None,
            },
        }
    }

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

    /// Type and text of the object at `addr`, worked out once: what tasks share
    /// may be large.
    fn shown_value(&self, addr: u64) -> (ArcStr, ArcStr) {
        if let Some(known) = self.values.borrow().get(&addr) {
            return known.clone();
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

    /// The frames of a stack, innermost first, with the error that ended it.
    pub fn stack(&self, stack: &RawStack) -> (Vec<Frame>, Option<String>) {
        let frames = stack.frames.iter().map(|raw| self.python(raw));
        (
            frames.collect(),
            stack.error.as_ref().map(ToString::to_string),
        )
    }

    /// A `traceback.StackSummary` (a list of `FrameSummary`), innermost first.
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
            }
        });
        Some(frames.collect())
    }
}

/// Cuts `text` to at most `max` bytes, at a character, and marks the cut.
fn cut_text(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
}

/// Directory that the module `os` was loaded from.
fn standard_library(reader: &Reader<'_>, interp: u64) -> Option<String> {
    let file = reader.module_global(interp, "os", "__file__").ok()??;
    if !reader.is_kind(file, Kind::Str) {
        return None;
    }
    let file = reader.text(file).ok()?;
    let (directory, _) = file.rsplit_once('/')?;
    Some(format!("{directory}/"))
}

/// The modules of the standard library (`sys.stdlib_module_names`, 3.10), if
/// the program is a bundle: then `sys.frozen` is set.
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
