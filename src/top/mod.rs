//! The live view: a fold over looks at a process ([`TopState`]), what the user looks at
//! ([`View`]), what keys do ([`keys`]), and the pictures ([`draw`]). None of it reads a process or
//! writes to a terminal.

pub mod cells;
pub mod columns;
pub mod draw;
pub mod groups;
pub mod growth;
pub mod keys;
pub mod loops;
mod mouse;
mod ordering;
pub mod picker;
pub mod recent;
pub mod resources;
pub mod rows;
pub mod state;
pub mod steps;
pub mod tasks;
pub mod threads;
pub mod view;
pub mod waits;
pub mod words;

pub use draw::{Theme, draw};
pub use keys::{Action, action};
pub use picker::{Choice, Picker};
pub use state::{Cost, TopState};
pub use view::{Effect, View};

#[cfg(test)]
mod tests;
