//! Ids of stack frames. A frame keeps its id during one stop; ids are never used
//! again.

use rustc_hash::FxHashMap;

use crate::dap::view::{Actor, FrameOf};

/// What a frame id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRef {
    /// The thread or task it belongs to.
    pub actor: Actor,
    /// `None` for a label between frames.
    pub frame: Option<FrameOf>,
    /// The position in the stack, for labels; 0 for frames.
    pub position: usize,
}

/// All frame ids of one stop.
#[derive(Debug, Default)]
pub struct FrameTable {
    /// The last id of earlier stops.
    before: i64,
    refs: Vec<FrameRef>,
    ids: FxHashMap<FrameRef, i64>,
}

impl FrameTable {
    /// Forgets all ids.
    pub fn clear(&mut self) {
        self.before += i64::try_from(self.refs.len()).unwrap_or(0);
        self.refs.clear();
        self.ids.clear();
    }

    /// The id of a frame.
    pub fn id(&mut self, frame: FrameRef) -> i64 {
        if let Some(id) = self.ids.get(&frame) {
            return *id;
        }
        self.refs.push(frame);
        let id = self.before + i64::try_from(self.refs.len()).unwrap_or(0);
        self.ids.insert(frame, id);
        id
    }

    /// The frame with this id, if it is of this stop.
    pub fn get(&self, id: i64) -> Option<FrameRef> {
        let index = id.checked_sub(self.before)?.checked_sub(1)?;
        self.refs.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use crate::dap::values::frame_ids::*;

    #[test]
    fn ids_are_stable_in_a_stop_and_stale_after_it() {
        let frame = |position| FrameRef {
            actor: Actor::Task(0),
            frame: None,
            position,
        };
        let mut table = FrameTable::default();
        let (first, second) = (table.id(frame(0)), table.id(frame(1)));
        assert_ne!(first, second);
        assert_eq!(table.id(frame(0)), first);
        assert_eq!(table.get(second), Some(frame(1)));
        table.clear();
        assert_eq!(table.get(first), None);
        let third = table.id(frame(0));
        assert!(third > second);
        assert_eq!(table.get(i64::MIN), None);
    }
}
