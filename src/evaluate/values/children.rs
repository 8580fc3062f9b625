//! What a debugger shows when a value computed here is expanded.

use super::operand::Operand;
use crate::cpython::Reader;
use crate::evaluate::Bounds;
use crate::evaluate::refusal::Result;

impl Operand {
    /// Name and value of each part of a container that was computed here; none
    /// of other values. Objects of the target are expanded by their address.
    ///
    /// # Errors
    /// When a key cannot be printed within `bounds`.
    pub fn children(&self, reader: &Reader<'_>, bounds: &Bounds) -> Result<Vec<(String, Operand)>> {
        let numbered = |items: &[Operand]| {
            let name = |(index, item): (usize, &Operand)| (format!("[{index}]"), item.clone());
            items.iter().enumerate().map(name).collect()
        };
        match self {
            Self::Tuple(items) | Self::List(items) => Ok(numbered(items)),
            Self::Set(items) | Self::FrozenSet(items) => Ok(numbered(items)),
            Self::Dict(items) => items
                .iter()
                .map(|(key, value)| Ok((format!("[{}]", key.repr(reader, bounds)?), value.clone())))
                .collect(),
            Self::Proxy(inner) => inner.children(reader, bounds),
            _ => Ok(Vec::new()),
        }
    }
}
