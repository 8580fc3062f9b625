//! Attributes of instances and classes, without running descriptors.

pub mod class;
pub mod descriptor;
pub mod enums;
pub mod find;
pub mod instance;
pub mod native;
pub mod stdlib;
