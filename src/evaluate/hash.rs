//! Hashes that do not differ from process to process (Python/pyhash.c).

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::machine::Machine;
use super::values::operand::Operand;

/// Numbers are hashed modulo this prime.
const MODULUS: u64 = (1 << 61) - 1;

/// `hash` of an int.
fn of_int(number: &BigInt) -> i64 {
    let rest = (number.abs() % MODULUS).to_i64().unwrap_or_default();
    let hash = if number.is_negative() { -rest } else { rest };
    if hash == -1 { -2 } else { hash }
}

/// `hash` of a float that is not NaN (`_Py_HashDouble`).
fn of_float(number: f64) -> i64 {
    if number.is_infinite() {
        return if number > 0.0 { 314_159 } else { -314_159 };
    }
    let (numerator, denominator) = super::values::float::exact_ratio(number);
    let modulus = BigInt::from(MODULUS);
    let inverse = denominator.modpow(&(&modulus - 2), &modulus);
    let hash = (numerator.abs() * inverse % &modulus)
        .to_i64()
        .unwrap_or_default();
    let hash = if number < 0.0 { -hash } else { hash };
    if hash == -1 { -2 } else { hash }
}

/// `hash` of a tuple, from those of its items (xxHash, from 3.8).
fn of_tuple(items: &[i64]) -> i64 {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let mut all = PRIME_5;
    for item in items {
        all = all.wrapping_add((*item as u64).wrapping_mul(PRIME_2));
        all = all.rotate_left(31).wrapping_mul(PRIME_1);
    }
    all = all.wrapping_add(items.len() as u64 ^ (PRIME_5 ^ 3_527_539));
    match all {
        u64::MAX => 1_546_275_796,
        all => all as i64,
    }
}

impl Machine<'_, '_> {
    /// `hash(value)` where it depends on the value alone.
    pub(super) fn stable_hash(&self, value: &Operand) -> Option<i64> {
        match self.exact(value).ok()? {
            Operand::Float(number) if number.is_nan() => None,
            Operand::Float(number) => Some(of_float(number)),
            Operand::Tuple(items) if self.minor >= 8 => {
                let hashes = || -> Option<Vec<i64>> {
                    items.iter().map(|item| self.stable_hash(item)).collect()
                };
                self.deeper(|| Ok(hashes()))
                    .ok()
                    .flatten()
                    .map(|hashes| of_tuple(&hashes))
            }
            Operand::None if self.minor >= 12 => Some(0xfca8_6420),
            other => other.as_int().map(|number| of_int(&number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_cpython() {
        assert_eq!(of_int(&BigInt::from(-1)), -2);
        assert_eq!(of_int(&(BigInt::from(1) << 61)), 1);
        assert_eq!(of_float(0.5), 1_152_921_504_606_846_976);
        assert_eq!(of_float(1.0), 1);
        assert_eq!(of_float(-2.5), -1_152_921_504_606_846_978);
        assert_eq!(of_tuple(&[]), 5_740_354_900_026_072_187);
        assert_eq!(of_tuple(&[1, 2]), -3_550_055_125_485_641_917);
    }
}
