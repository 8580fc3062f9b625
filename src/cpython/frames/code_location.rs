//! Locations of frames in their code. Many frames share few locations, so each
//! location is stored once.

use std::cell::RefCell;
use std::rc::Rc;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::code::Code;
use super::frame::CodeWords;

/// A location in a code object, shared by all frames at it.
#[derive(Debug)]
pub struct CodeLocation {
    /// The code object.
    pub code: Rc<Code>,
    /// Bytes from the first instruction. Negative before the first.
    pub offset: i64,
    /// Bytes from the address of a frame to the saved end of its value stack.
    /// `None` while no end is saved.
    pub(crate) stack: Option<i64>,
    /// The qualified name of the generator. `None` where the code object has it.
    pub qualname: Option<ArcStr>,
}

/// All locations that frames were found at. Each lives as long as this does, so
/// its address identifies it.
#[derive(Debug, Default)]
pub(crate) struct CodeLocations {
    by_words: RefCell<FxHashMap<CodeWords, Rc<CodeLocation>>>,
    /// Locations with a qualified name, by the addresses of location and name.
    named: RefCell<FxHashMap<(usize, usize), Rc<CodeLocation>>>,
    /// Locations of traceback entries, by address of the frame's location and by
    /// offset.
    raised: RefCell<FxHashMap<(usize, i64), Rc<CodeLocation>>>,
}

impl CodeLocations {
    pub(crate) fn get(&self, words: &CodeWords) -> Option<Rc<CodeLocation>> {
        self.by_words.borrow().get(words).cloned()
    }

    pub(crate) fn insert(&self, words: CodeWords, location: CodeLocation) -> Rc<CodeLocation> {
        let location = Rc::new(location);
        self.by_words.borrow_mut().insert(words, location.clone());
        location
    }

    /// `location` with the qualified name `qualname`, which is shared.
    pub(crate) fn named(&self, location: &Rc<CodeLocation>, qualname: ArcStr) -> Rc<CodeLocation> {
        let key = (id(location), qualname.as_ptr() as usize);
        let mut named = self.named.borrow_mut();
        let new = || CodeLocation {
            qualname: Some(qualname),
            ..location.copy()
        };
        named.entry(key).or_insert_with(|| new().into()).clone()
    }

    /// `location` with the offset at which an exception left the frame.
    pub(crate) fn raised(&self, location: &Rc<CodeLocation>, offset: i64) -> Rc<CodeLocation> {
        let mut raised = self.raised.borrow_mut();
        let new = || CodeLocation {
            offset,
            ..location.copy()
        };
        let entry = raised.entry((id(location), offset));
        entry.or_insert_with(|| new().into()).clone()
    }
}

impl CodeLocation {
    fn copy(&self) -> Self {
        Self {
            code: self.code.clone(),
            qualname: self.qualname.clone(),
            ..*self
        }
    }
}

/// Identifies a location among all of its reader.
fn id(location: &Rc<CodeLocation>) -> usize {
    Rc::as_ptr(location) as usize
}
