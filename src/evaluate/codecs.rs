//! Texts as bytes, and the attribute list of `dir`.

use super::machine::Machine;
use super::operand::{Operand, Str};
use super::refusal::{Refusal, Result, would_run};

impl Machine<'_, '_> {
    /// `text.encode(encoding, errors)`.
    pub(super) fn encode(
        &self,
        text: &Str,
        encoding: Option<&Operand>,
        errors: Option<&Operand>,
    ) -> Result<Operand> {
        let name = self.codec_name(encoding)?;
        if errors.is_some() {
            return would_run("handlers of encoding errors are not computed here");
        }
        self.charge(text.points().len().saturating_mul(4))?;
        let mut made = Vec::new();
        for (at, point) in text.points().iter().enumerate() {
            let known = match (&*name, char::from_u32(*point)) {
                ("utf-8", Some(letter)) => {
                    let mut buffer = [0; 4];
                    made.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
                    true
                }
                ("latin-1", _) if *point < 256 => {
                    made.push(*point as u8);
                    true
                }
                ("ascii", _) if *point < 128 => {
                    made.push(*point as u8);
                    true
                }
                _ => false,
            };
            if !known {
                return Err(cannot_encode(&name, text, at));
            }
        }
        Ok(Operand::Bytes(made.into()))
    }
}

/// As `UnicodeEncodeError` prints itself.
fn cannot_encode(codec: &str, text: &Str, at: usize) -> Refusal {
    let (fits, why): (fn(u32) -> bool, _) = match codec {
        "utf-8" => (
            |point| char::from_u32(point).is_some(),
            "surrogates not allowed",
        ),
        "latin-1" => (|point| point < 256, "ordinal not in range(256)"),
        _ => (|point| point < 128, "ordinal not in range(128)"),
    };
    let rest = text.points().get(at..).unwrap_or_default();
    let count = rest.iter().take_while(|point| !fits(**point)).count();
    let first = rest.first().copied().unwrap_or_default();
    let shown = match first {
        ..=0xff => format!("\\x{first:02x}"),
        ..=0xffff => format!("\\u{first:04x}"),
        _ => format!("\\U{first:08x}"),
    };
    let place = match count {
        0 | 1 => format!("character '{shown}' in position {at}"),
        count => format!("characters in position {at}-{}", at + count - 1),
    };
    Refusal::raises(
        "UnicodeEncodeError",
        format!("'{codec}' codec can't encode {place}: {why}"),
    )
}
