//! Values: decoding objects of the target, operators, subscripts, iteration, truth.

pub mod children;
pub mod compare;
pub mod decode;
pub mod distinct;
pub mod equality;
pub mod float;
pub mod int;
pub mod iterate;
pub mod lookup;
pub mod membership;
pub mod number;
pub mod operand;
pub mod operators;
pub mod sequence;
pub mod sets;
pub mod subscript;
pub mod text;
pub mod truth;
