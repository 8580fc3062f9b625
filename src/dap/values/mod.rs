//! What a client opens: stacks, scopes, variables and objects, and their ids.
//!
//! `inspection` is the state of the worker; `scopes` and `variables` answer from
//! it, `variable_row` decodes one row.

pub mod frame_ids;
pub mod handles;
pub mod nodes;
pub mod objects;
pub mod opened_process;
pub mod scopes;
pub mod stack;
pub mod variable_row;
pub mod variables;
