//! The wire format: a header with `Content-Length`, an empty line, a body.

use std::io::{self, BufRead, Read, Write};

use thiserror::Error;

/// Bytes of one message that are accepted. Requests are small: the largest
/// that clients send are lists of breakpoints and expressions.
pub const MAX_BODY: usize = 16 << 20;
/// Bytes of one header line that are accepted.
const MAX_HEADER: u64 = 4096;
/// Header lines that are accepted.
const MAX_HEADERS: usize = 32;

/// Input that is not the protocol. Where the next message begins is not known
/// any more, so the connection ends.
#[derive(Debug, Error)]
pub enum FramingError {
    #[error("the input ends within a message")]
    Truncated,
    #[error("a header line is longer than {MAX_HEADER} bytes")]
    LongHeader,
    #[error("a message has more than {MAX_HEADERS} header lines")]
    ManyHeaders,
    #[error("a message has no Content-Length")]
    NoLength,
    #[error("Content-Length is not a number of bytes: {0}")]
    BadLength(String),
    #[error("a message of {0} bytes is announced, more than the {MAX_BODY} that are accepted")]
    TooLong(u64),
    #[error("the input cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// The body of the next message; `None` at the end of the input.
///
/// # Errors
/// When the input breaks the format, or cannot be read.
pub fn read_message(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, FramingError> {
    let mut length = None;
    let mut headers = 0;
    loop {
        let Some(line) = read_line(input)? else {
            return match headers {
                0 => Ok(None),
                _ => Err(FramingError::Truncated),
            };
        };
        if line.is_empty() {
            match length {
                Some(length) => return read_body(input, length).map(Some),
                // Empty lines between messages do no harm.
                None if headers == 0 => continue,
                None => return Err(FramingError::NoLength),
            }
        }
        headers += 1;
        if headers > MAX_HEADERS {
            return Err(FramingError::ManyHeaders);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if name.trim().eq_ignore_ascii_case("content-length") {
            length = Some(parse_length(value.trim())?);
        }
    }
}

fn parse_length(text: &str) -> Result<usize, FramingError> {
    let announced: u64 = text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        FramingError::BadLength(format!("{shown:?}"))
    })?;
    match usize::try_from(announced) {
        Ok(length) if length <= MAX_BODY => Ok(length),
        _ => Err(FramingError::TooLong(announced)),
    }
}

/// A line without its end; `None` at the end of the input.
fn read_line(input: &mut impl BufRead) -> Result<Option<String>, FramingError> {
    let mut line = Vec::new();
    let read = input.take(MAX_HEADER).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(match read as u64 == MAX_HEADER {
            true => FramingError::LongHeader,
            false => FramingError::Truncated,
        });
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

fn read_body(input: &mut impl BufRead, length: usize) -> Result<Vec<u8>, FramingError> {
    // Grows with what arrives, not with what was announced.
    let mut body = Vec::new();
    input.take(length as u64).read_to_end(&mut body)?;
    match body.len() == length {
        true => Ok(body),
        false => Err(FramingError::Truncated),
    }
}

/// Writes one message and sends it off.
///
/// # Errors
/// When the client has gone.
pub fn write_message(output: &mut impl Write, body: &[u8]) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use crate::dap::protocol::framing::*;

    fn read(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
        read_message(&mut &*bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_written_is_read_again() {
        let mut wire = Vec::new();
        write_message(&mut wire, b"{}").unwrap();
        write_message(&mut wire, "\u{e9}".as_bytes()).unwrap();
        let mut input = wire.as_slice();
        assert_eq!(read_message(&mut input).unwrap().unwrap(), b"{}");
        assert_eq!(read_message(&mut input).unwrap().unwrap(), "é".as_bytes());
        assert!(read_message(&mut input).unwrap().is_none());
    }

    #[test]
    fn headers_may_be_of_any_case_and_number() {
        let wire = b"Content-Type: x\r\ncontent-LENGTH:  2 \n\r\n{}";
        assert_eq!(read(wire).unwrap().unwrap(), b"{}");
    }

    #[test]
    fn what_breaks_the_format_is_refused_in_one_sentence() {
        for (wire, expected) in [
            (&b"Content-Length: 3\r\n\r\n{}"[..], "ends within a message"),
            (b"Content-Length: 3", "ends within a message"),
            (
                b"Content-Length: -1\r\n\r\n",
                "not a number of bytes: \"-1\"",
            ),
            (b"Content-Length: 1e3\r\n\r\n", "not a number of bytes"),
            (
                b"Content-Length: 99999999999\r\n\r\n",
                "more than the 16777216",
            ),
            (
                b"Content-Length: 99999999999999999999999\r\n\r\n",
                "not a number",
            ),
            (b"Hello: world\r\n\r\n{}", "no Content-Length"),
        ] {
            let error = read(wire).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let long = vec![b'x'; 5000];
        assert!(read(&long).unwrap_err().contains("longer than 4096"));
        let many = b"a: b\r\n".repeat(40);
        assert!(read(&many).unwrap_err().contains("more than 32"));
    }
}
