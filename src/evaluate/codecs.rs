//! Texts as bytes, and bytes as texts.

use super::machine::Machine;
use super::methods::units::Unit;
use super::refusal::{Refusal, Result, type_error, value_error, would_run};
use super::values::operand::{Operand, Str};

/// What is done about what cannot be encoded or decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handler {
    Strict,
    Ignore,
    Replace,
}

/// Bytes as text, with U+FFFD (or nothing) for what is none.
fn decode_lossy(data: &[u8], codec: &str, handler: Handler) -> String {
    let replacement = match handler {
        Handler::Replace => "\u{fffd}",
        _ => "",
    };
    let mut made = String::new();
    for chunk in data.utf8_chunks() {
        if codec == "utf-8" {
            made.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                made.push_str(replacement);
            }
            continue;
        }
        for byte in chunk.valid().bytes().chain(chunk.invalid().iter().copied()) {
            match byte.is_ascii() {
                true => made.push(char::from(byte)),
                false => made.push_str(replacement),
            }
        }
    }
    made
}

impl Machine<'_, '_> {
    fn error_handler(&self, errors: Option<&Operand>) -> Result<Handler> {
        let Some(errors) = errors else {
            return Ok(Handler::Strict);
        };
        let Operand::Str(name) = self.native(errors, "")? else {
            return type_error("the name of an error handler must be str");
        };
        match &*name.to_text() {
            "strict" => Ok(Handler::Strict),
            "ignore" => Ok(Handler::Ignore),
            "replace" => Ok(Handler::Replace),
            other => would_run(format!("the error handler `{other}` is not computed here")),
        }
    }

    pub(super) fn bytes_from_hex(&self, value: &Operand) -> Result<Operand> {
        let Operand::Str(text) = self.native(value, "")? else {
            return type_error(format!(
                "fromhex() argument must be str, not {}",
                self.type_label(value)
            ));
        };
        let mut made = Vec::new();
        let mut units = text.points().iter().enumerate();
        while let Some((at, unit)) = units.next() {
            if unit.is_blank() {
                continue;
            }
            let digit = |unit: u32| char::from_u32(unit).and_then(|unit| unit.to_digit(16));
            let invalid = |at: usize| {
                value_error(format!(
                    "non-hexadecimal number found in fromhex() arg at position {at}"
                ))
            };
            let Some(high) = digit(*unit) else {
                return invalid(at);
            };
            match units.next().map(|(_, unit)| digit(*unit)) {
                Some(Some(low)) => made.push((high * 16 + low) as u8),
                _ => return invalid(at + 1),
            }
        }
        Ok(Operand::Bytes(made.into()))
    }

    /// Bytes as text, of the common encodings.
    pub(super) fn decode_bytes(
        &self,
        data: &[u8],
        encoding: Option<&Operand>,
        errors: Option<&Operand>,
    ) -> Result<Str> {
        self.charge(data.len().saturating_mul(4))?;
        let name = self.codec_name(encoding)?;
        let handler = self.error_handler(errors)?;
        if handler != Handler::Strict && *name != *"latin-1" {
            return Ok(Str::from(decode_lossy(data, &name, handler)));
        }
        let lossless = match &*name {
            "utf-8" => String::from_utf8(data.to_vec()).ok().map(Str::from),
            "latin-1" => Some(Str::from(
                data.iter().map(|byte| u32::from(*byte)).collect::<Vec<_>>(),
            )),
            _ => data
                .is_ascii()
                .then(|| Str::from(data.iter().map(|byte| u32::from(*byte)).collect::<Vec<_>>())),
        };
        lossless.ok_or_else(|| {
            let at = match &*name {
                "utf-8" => std::str::from_utf8(data)
                    .err()
                    .map_or(0, |error| error.valid_up_to()),
                _ => data.iter().position(|byte| !byte.is_ascii()).unwrap_or(0),
            };
            let byte = data.get(at).copied().unwrap_or_default();
            let why = match &*name {
                "utf-8" => utf8_error(data.get(at..).unwrap_or_default()),
                _ => "ordinal not in range(128)",
            };
            Refusal::raises(
                "UnicodeDecodeError",
                format!("'{name}' codec can't decode byte 0x{byte:02x} in position {at}: {why}"),
            )
        })
    }

    /// The usual name of an encoding that is known here.
    pub(super) fn codec_name(&self, encoding: Option<&Operand>) -> Result<String> {
        let Some(encoding) = encoding else {
            return Ok("utf-8".into());
        };
        let Operand::Str(text) = self.native(encoding, "")? else {
            return type_error("the name of an encoding must be str");
        };
        let given = text.to_text();
        let plain = given.to_ascii_lowercase().replace('_', "-");
        match &*plain {
            "utf-8" | "utf8" => Ok("utf-8".into()),
            "latin-1" | "latin1" | "iso-8859-1" => Ok("latin-1".into()),
            "ascii" | "us-ascii" => Ok("ascii".into()),
            _ => would_run(format!("the encoding `{given}` is not computed here")),
        }
    }

    /// `text.encode(encoding, errors)`.
    pub(super) fn encode(
        &self,
        text: &Str,
        encoding: Option<&Operand>,
        errors: Option<&Operand>,
    ) -> Result<Operand> {
        let name = self.codec_name(encoding)?;
        let handler = self.error_handler(errors)?;
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
            match (known, handler) {
                (true, _) | (false, Handler::Ignore) => {}
                (false, Handler::Replace) => made.push(b'?'),
                (false, Handler::Strict) => return Err(cannot_encode(&name, text, at)),
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
        0x100..=0xffff => format!("\\u{first:04x}"),
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

/// Why UTF-8 is not valid (`PyUnicode_DecodeUTF8Stateful`).
fn utf8_error(rest: &[u8]) -> &'static str {
    let first = rest.first().copied().unwrap_or_default();
    let needed = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return "invalid start byte",
    };
    match std::str::from_utf8(rest) {
        Err(error) if error.error_len().is_none() && rest.len() < needed => {
            "unexpected end of data"
        }
        _ => "invalid continuation byte",
    }
}
