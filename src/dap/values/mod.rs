//! What a client opens: scopes, variables, objects, and the ids that they have.

pub mod frame_ids;
pub mod handles;
pub mod objects;
pub mod scopes;
pub mod stack;
pub mod variable_row;
pub mod variables;
