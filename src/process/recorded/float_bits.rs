//! Numbers with a fraction, bit by bit, for `#[serde(with)]`: written in
//! decimal and read again they need not be the same.

use serde::{Deserialize, Deserializer, Serializer};

#[allow(clippy::trivially_copy_pass_by_ref)] // serde calls it so
pub fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(number.to_bits())
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(f64::from_bits(u64::deserialize(from)?))
}
