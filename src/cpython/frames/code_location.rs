//! Where frames are in their code. Very many frames are at few places: what they
//! have in common is kept once.

use std::cell::RefCell;
use std::rc::Rc;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::code::Code;

/// A place in a code object, the same for all frames that are there.
#[derive(Debug)]
pub struct CodePlace {
    pub code: Rc<Code>,
    /// Bytes from the first instruction; negative before the first.
    pub offset: i64,
    /// From the address of a frame to what it has saved as the end of its stack.
    pub(crate) stack: Option<i64>,
    /// The qualified name of the generator, where its code does not tell.
    pub qualname: Option<ArcStr>,
}

/// Code object, and what a frame there says of its instruction and its stack.
type Key = (u64, u64, Option<i64>);

/// All places that frames were seen at; each lives as long as this does, so that
/// its address tells it from the others.
#[derive(Debug, Default)]
pub(crate) struct CodePlaces {
    known: RefCell<FxHashMap<Key, Rc<CodePlace>>>,
    /// Those with a qualified name, by the addresses of the place and of the name.
    named: RefCell<FxHashMap<(usize, usize), Rc<CodePlace>>>,
    /// Those of entries of tracebacks, by the place of the frame and the offset.
    left: RefCell<FxHashMap<(usize, i64), Rc<CodePlace>>>,
}

impl CodePlaces {
    pub(crate) fn get(&self, key: &Key) -> Option<Rc<CodePlace>> {
        self.known.borrow().get(key).cloned()
    }

    pub(crate) fn insert(&self, key: Key, place: CodePlace) -> Rc<CodePlace> {
        let place = Rc::new(place);
        self.known.borrow_mut().insert(key, place.clone());
        place
    }

    /// The same place under a qualified name that is shared.
    pub(crate) fn named(&self, place: &Rc<CodePlace>, qualname: ArcStr) -> Rc<CodePlace> {
        let key = (id(place), qualname.as_ptr() as usize);
        let mut named = self.named.borrow_mut();
        let new = || CodePlace {
            qualname: Some(qualname),
            ..place.copy()
        };
        named.entry(key).or_insert_with(|| new().into()).clone()
    }

    /// The same with another offset: where an exception left the frame.
    pub(crate) fn left(&self, place: &Rc<CodePlace>, offset: i64) -> Rc<CodePlace> {
        let mut left = self.left.borrow_mut();
        let new = || CodePlace {
            offset,
            ..place.copy()
        };
        let entry = left.entry((id(place), offset));
        entry.or_insert_with(|| new().into()).clone()
    }
}

impl CodePlace {
    fn copy(&self) -> Self {
        Self {
            code: self.code.clone(),
            qualname: self.qualname.clone(),
            ..*self
        }
    }
}

/// What tells a place from all others of its reader.
fn id(place: &Rc<CodePlace>) -> usize {
    Rc::as_ptr(place) as usize
}
