//! The live view: a fold over looks at a process ([`TopState`]), what the user looks at
//! ([`View`]), what keys do ([`keys`]), and the pictures ([`draw`]). None of it reads a process or
//! writes to a terminal.

mod cells;
pub mod columns;
pub mod draw;
mod groups;
mod growth;
pub mod keys;
mod loops;
mod mouse;
pub mod picker;
mod recent;
mod resources;
pub mod rows;
mod state;
mod steps;
mod tasks;
mod threads;
pub mod view;
mod waits;
mod words;

pub use draw::{Theme, draw};
pub use keys::{Action, action};
pub use picker::{Choice, Picker};
pub use state::{Cost, TopState};
pub use view::{Effect, View};

#[cfg(test)]
mod tests;
