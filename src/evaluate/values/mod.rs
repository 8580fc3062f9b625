//! Values: decoding objects of the target, operators, subscripts, iteration, truth.

pub(super) mod children;
pub(super) mod compare;
pub(super) mod decode;
pub(super) mod distinct;
pub(super) mod equality;
pub(super) mod float;
pub(super) mod int;
pub(super) mod iterate;
pub(super) mod lookup;
pub(super) mod membership;
pub(super) mod number;
pub(super) mod operand;
pub(super) mod operators;
pub(super) mod sequence;
pub(super) mod sets;
pub(super) mod subscript;
pub(super) mod text;
pub(super) mod truth;
