//! The state of the worker: the process as it was at the stop, and what the
//! client has open of it.

use super::handles::HandleTable;
use super::nodes::{Detail, Node};
use super::variable_row::{Row, object_row};
use crate::cpython::Reader;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::Variable;
use crate::sampling::retained::{Proof, ReadLost, RetainedSnapshot};

/// The worker's state.
#[derive(Debug, Default)]
pub struct OpenedProcess {
    retained: Option<RetainedSnapshot>,
    handles: HandleTable,
}

impl OpenedProcess {
    /// Takes the process of a new stop, and forgets what was open.
    pub fn retain(&mut self, process: RetainedSnapshot) {
        self.release();
        self.retained = Some(process);
    }

    /// Forgets the process and what was open. A frozen process runs on.
    pub fn release(&mut self) {
        self.retained = None;
        self.handles.clear();
    }

    /// Lets a frozen process run on. What was read of it stays available.
    pub fn thaw(&mut self) {
        if let Some(process) = &mut self.retained {
            process.thaw();
        }
    }

    /// The process as it was at the stop.
    ///
    /// # Errors
    /// When there was no stop since the process last ran.
    pub fn retained(&self) -> Result<&RetainedSnapshot, Failure> {
        self.retained.as_ref().ok_or_else(Failure::running)
    }

    /// Decodes with `decode`. `proof` says what the address was read from that
    /// `decode` starts at.
    ///
    /// # Errors
    /// When what it reads has changed since the stop.
    pub fn read<T>(
        &self,
        proof: &Proof,
        detail: Detail,
        decode: impl Fn(&Reader<'_>) -> T,
    ) -> Result<(T, Proof), Failure> {
        let read = self.retained()?.look(proof, &detail.limits(), decode);
        read.map_err(|lost| Failure::lost(lost_text(lost)))
    }

    /// A new reference to what can be expanded.
    pub fn reference(&mut self, node: Node) -> i64 {
        self.handles.add(node)
    }

    /// What a reference stands for.
    ///
    /// # Errors
    /// When it is of an earlier stop.
    pub fn node(&self, reference: i64) -> Result<Node, Failure> {
        self.handles.get(reference)
    }

    /// The row as a variable, with a reference if it can be expanded.
    pub fn variable(&mut self, row: Row, proof: &Proof) -> Variable {
        let mut variable = row.variable;
        if let Some(node) = row.node {
            variable.variables_reference = self.reference(match node {
                Node::Object { addr, path, .. } => Node::Object {
                    addr,
                    path,
                    proof: proof.clone(),
                },
                Node::Computed { value, .. } => Node::Computed {
                    value,
                    proof: proof.clone(),
                },
                other => other,
            });
        }
        variable
    }

    /// The object at `addr`, an address that the snapshot gave, as a variable.
    ///
    /// # Errors
    /// When it has changed since the stop.
    pub fn object_variable(&mut self, name: &str, addr: u64) -> Result<Variable, Failure> {
        let decode = |reader: &Reader<'_>| object_row(reader, name, addr, None, Detail::default());
        let (row, proof) = self.read(&Proof::default(), Detail::default(), decode)?;
        Ok(self.variable(row, &proof))
    }
}

/// The text in place of a value that cannot be read any more.
fn lost_text(lost: ReadLost) -> &'static str {
    match lost {
        ReadLost::Changed => "<changed since the snapshot: pause again to see it>",
        ReadLost::Gone => "<the process has ended>",
    }
}
