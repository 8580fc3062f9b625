//! Coroutines that drive a greenlet: what the greenlet hands out of its switch to the
//! parent, the coroutine awaits (SQLAlchemy's `greenlet_spawn`,
//! `sqlalchemy/util/concurrency.py`).

use rustc_hash::FxHashMap;

use super::{Form, GreenletStage};
use crate::cpython::{Kind, RawFrame, RawStack, Reader};

/// The method that switches to a greenlet: code that drives one names it.
const SWITCH: &str = "switch";

/// Finds the greenlets that coroutines drive, for one walk over await chains.
#[derive(Debug, Default)]
pub struct Bridges {
    /// By address of a code object: whether it may switch to a greenlet.
    switching: FxHashMap<u64, bool>,
    /// Where the fields of greenlets lie, once one was seen.
    form: Option<Form>,
}

impl Bridges {
    /// The frames of the suspended greenlet that a variable of the coroutine's `frame`
    /// holds, innermost first. `None` if it holds none.
    pub fn stack(&mut self, reader: &Reader<'_>, frame: &RawFrame) -> Option<RawStack> {
        let code = frame.at.code.addr;
        let switching = &mut self.switching;
        if !*switching
            .entry(code)
            .or_insert_with(|| names_switch(reader, code))
        {
            return None;
        }
        let mut greenlet = None;
        let _ = reader.visit_variables(frame, &mut |_, value| {
            if greenlet.is_none() && reader.is_greenlet(value) {
                greenlet = Some(value);
            }
        });
        let greenlet = greenlet?;
        if self.form.is_none() {
            self.form = reader.greenlet_form(greenlet);
        }
        match reader.greenlet(self.form.as_ref()?, greenlet) {
            Ok(raw) if raw.stage == GreenletStage::Suspended => Some(reader.greenlet_stack(&raw)),
            Ok(_) => None,
            Err(error) => Some(RawStack {
                frames: Vec::new(),
                error: Some(error),
            }),
        }
    }
}

/// Whether the code object at `code` names an attribute `switch`.
fn names_switch(reader: &Reader<'_>, code: u64) -> bool {
    let names = || {
        let at = code + u64::from(reader.layout.code.co_names);
        let names = reader.required(at, "co_names").ok()?;
        if !reader.is_kind(names, Kind::Tuple) {
            return None;
        }
        reader.tuple_items(names, reader.limits.value_items).ok()
    };
    let (names, _) = names().unwrap_or_default();
    names.iter().any(|name| reader.text_equals(*name, SWITCH))
}
