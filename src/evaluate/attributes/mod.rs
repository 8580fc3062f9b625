//! Attributes of instances and classes, without running descriptors.

pub(super) mod class;
pub(super) mod descriptor;
pub(super) mod enums;
pub(super) mod find;
pub(super) mod instance;
pub(super) mod native;
pub(super) mod stdlib;
