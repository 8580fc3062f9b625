//! Floats: from ints, division, rounding.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, One, Signed, ToPrimitive, Zero};

use crate::evaluate::refusal::{Result, overflow};

/// The nearest float, ties to even (`_PyLong_AsDouble`).
pub(crate) fn from_int(number: &BigInt) -> Result<f64> {
    match ratio(number, &BigInt::one()) {
        float if float.is_infinite() => overflow("int too large to convert to float"),
        float => Ok(float),
    }
}

/// `a / b` rounded once, ties to even; infinite where it overflows.
pub(crate) fn ratio(a: &BigInt, b: &BigInt) -> f64 {
    if a.is_zero() {
        return 0.0;
    }
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.abs(), b.abs());
    // The exponent of the last bit that the result can keep.
    let exponent = (a.bits() as i64 - b.bits() as i64 - 54).max(-1074);
    let (numerator, denominator) = match exponent.is_negative() {
        true => (a << exponent.unsigned_abs(), b),
        false => (a, b << exponent.unsigned_abs()),
    };
    let magnitude = scale(&numerator, &denominator, exponent);
    if negative { -magnitude } else { magnitude }
}

/// `numerator / denominator * 2 ** exponent`: the quotient may have more bits
/// than a float, and is rounded to those that it keeps.
fn scale(numerator: &BigInt, denominator: &BigInt, exponent: i64) -> f64 {
    let extra = (numerator / denominator).bits().saturating_sub(53);
    let rounded = round_ratio(numerator, &(denominator << extra));
    power_of_two(
        rounded.to_f64().unwrap_or(f64::INFINITY),
        exponent + extra as i64,
    )
}

/// `number * 2 ** exponent`, exact unless it overflows.
fn power_of_two(mut number: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 {
        number *= 2f64.powi(1000);
        exponent -= 1000;
        if number.is_infinite() {
            return number;
        }
    }
    while exponent < -1000 {
        number *= 2f64.powi(-1000);
        exponent += 1000;
        if number == 0.0 {
            return number;
        }
    }
    number * 2f64.powi(exponent as i32)
}

/// The nearest int to a quotient with a positive divisor, ties to even.
pub(crate) fn round_ratio(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let (quotient, rest) = numerator.div_mod_floor(denominator);
    let twice: BigInt = rest << 1;
    let up = twice > *denominator || (twice == *denominator && quotient.is_odd());
    if up { quotient + 1 } else { quotient }
}

/// `divmod(a, b)` of floats, `b` not zero (`_float_div_mod`).
pub(crate) fn divmod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0f64.copysign(b);
    }
    let floor = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    } else {
        0f64.copysign(a / b)
    };
    (floor, rest)
}

/// `round(number, digits)` (`double_round`, Objects/floatobject.c).
pub(crate) fn round(number: f64, digits: i64) -> f64 {
    if !number.is_finite() || digits > 323 {
        return number;
    }
    if digits < -308 {
        return 0f64.copysign(number);
    }
    if digits >= 0 {
        let text = format!("{number:.*}", digits as usize);
        return text.parse().unwrap_or(number);
    }
    let unit = BigInt::from(10).pow(digits.unsigned_abs() as u32);
    let (numerator, denominator) = exact_ratio(number);
    let rounded = round_ratio(&numerator.abs(), &(denominator * &unit)) * unit;
    rounded.to_f64().unwrap_or(f64::INFINITY).copysign(number)
}

/// Numerator and denominator of a finite float, in lowest terms.
pub(crate) fn exact_ratio(number: f64) -> (BigInt, BigInt) {
    let (mantissa, exponent, sign) = num_traits::Float::integer_decode(number);
    let mantissa = BigInt::from(mantissa) * sign;
    if exponent >= 0 {
        return (mantissa << exponent as u64, BigInt::one());
    }
    let denominator = BigInt::one() << u64::from(exponent.unsigned_abs());
    let gcd = mantissa.gcd(&denominator);
    (mantissa / &gcd, denominator / gcd)
}

/// The int that a finite float has before its point.
pub(crate) fn truncated(number: f64) -> BigInt {
    BigInt::from_f64(number.trunc()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::evaluate::values::float::*;

    #[test]
    fn division_is_rounded_once() {
        let power = |base: u32, exponent: u32| BigInt::from(base).pow(exponent);
        assert_eq!(ratio(&BigInt::from(1), &BigInt::from(3)), 1.0 / 3.0);
        assert_eq!(ratio(&BigInt::from(-7), &BigInt::from(2)), -3.5);
        assert_eq!(
            ratio(&(power(2, 53) + 1), &BigInt::one()),
            9007199254740992.0
        );
        assert_eq!(
            ratio(&(power(2, 53) + 3), &BigInt::one()),
            9007199254740996.0
        );
        assert_eq!(ratio(&power(10, 400), &power(10, 390)), 1e10);
        assert_eq!(ratio(&BigInt::one(), &power(2, 1074)), 5e-324);
        assert_eq!(ratio(&BigInt::one(), &power(2, 1076)), 0.0);
        assert_eq!(ratio(&BigInt::from(3), &power(2, 1075)), 1e-323);
        assert_eq!(ratio(&power(10, 400), &BigInt::one()), f64::INFINITY);
        assert_eq!(ratio(&power(10, 308), &BigInt::one()), 1e308);
    }

    #[test]
    fn modulo_has_the_sign_of_the_divisor() {
        assert_eq!(divmod(-7.5, 2.0), (-4.0, 0.5));
        assert_eq!(divmod(7.5, -2.0), (-4.0, -0.5));
        assert_eq!(divmod(5.0, 5.0).1.to_bits(), 0f64.to_bits());
        assert_eq!(divmod(-5.0, 5.0).1.to_bits(), 0f64.to_bits());
    }

    #[test]
    fn rounds_to_even() {
        assert_eq!(round(2.675, 2), 2.67);
        assert_eq!(round(0.5, 0), 0.0);
        assert_eq!(round(25.0, -1), 20.0);
        assert_eq!(round(-35.0, -1), -40.0);
        assert_eq!(round(1e300, -299), 1e300);
    }
}
