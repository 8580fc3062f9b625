//! Contexts of `contextvars`: the values that each context variable has.

use rustc_hash::{FxHashMap, FxHashSet};

use super::kinds::Kind;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// Maximum number of nodes of the mappings of all contexts that are read.
const MAX_NODES: usize = 20_000;

/// The values of context variables in some contexts.
///
/// Contexts share the nodes of their mappings (Python/hamt.c): each is read once.
#[derive(Debug, Default)]
pub struct ContextValues {
    /// Addresses of the values of each variable, by its address.
    values: FxHashMap<u64, Vec<u64>>,
    /// Addresses of the mappings and nodes that were read.
    visited: FxHashSet<u64>,
}

impl ContextValues {
    /// Addresses of the values that the variable at `variable` has in these contexts.
    pub fn of(&self, variable: u64) -> &[u64] {
        self.values.get(&variable).map_or(&[], Vec::as_slice)
    }

    /// Adds the values in the context at `context`.
    ///
    /// # Errors
    /// When it is no context, or one of its nodes cannot be read; and when the contexts have
    /// more nodes than are read.
    pub fn add(&mut self, reader: &Reader<'_>, context: u64) -> Result<()> {
        reader.expect_kind(context, Kind::Context, "context")?;
        let vars = reader.layout.context.vars.at(context);
        let mapping = reader.required(vars, "ctx_vars")?;
        if !self.visited.insert(mapping) {
            return Ok(());
        }
        reader.expect_kind(mapping, Kind::Hamt, "variables of a context")?;
        let root = reader.layout.hamt.root.at(mapping);
        let mut open = vec![reader.required(root, "h_root")?];
        while let Some(node) = open.pop() {
            if !self.visited.insert(node) {
                continue;
            }
            if self.visited.len() > MAX_NODES {
                return Err(DecodeError::Limit {
                    what: "number of nodes of contexts",
                    value: self.visited.len() as u64,
                    limit: MAX_NODES as u64,
                });
            }
            open.extend(self.add_node(reader, node)?);
        }
        Ok(())
    }

    /// Adds the values of a node, and returns the nodes below it.
    fn add_node(&mut self, reader: &Reader<'_>, node: u64) -> Result<Vec<u64>> {
        let layout = &reader.layout.hamt;
        let pairs_at = match reader.type_of(node)?.kind {
            Kind::HamtArray => {
                let items = layout.array_items.at(node);
                let below = reader.pointers(items, layout.array_length as usize)?;
                return Ok(below.into_iter().filter(|it| *it != 0).collect());
            }
            Kind::HamtBitmap => layout.bitmap_items,
            Kind::HamtCollision => layout.collision_items,
            _ => {
                return Err(DecodeError::WrongType {
                    what: "node of a context",
                    addr: node,
                    found: reader.type_of(node)?.name.to_string(),
                });
            }
        };
        let length = reader.i64(reader.layout.object.ob_size.at(node))?;
        let length = reader.bounded("length of a node", length, reader.limits.value_items)?;
        let pairs = reader.pointers(pairs_at.at(node), length)?;
        let mut below = Vec::new();
        for pair in pairs.chunks_exact(2) {
            match pair {
                [0, node] => below.push(*node),
                [variable, value] => {
                    let values = self.values.entry(*variable).or_default();
                    if !values.contains(value) {
                        values.push(*value);
                    }
                }
                _ => {}
            }
        }
        Ok(below)
    }
}

impl Reader<'_> {
    /// Address of the default of the context variable at `addr`. `None` if it has none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn context_default(&self, addr: u64) -> Result<Option<u64>> {
        self.pointer(self.layout.context.var_default.at(addr), "var_default")
    }
}
