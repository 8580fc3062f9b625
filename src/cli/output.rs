//! Standard output: buffered, with colours only where they are wanted.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::AutoStream;

use super::args::TerminalArguments;

/// Columns of the layout if neither an option, a terminal nor `COLUMNS` says.
const DEFAULT_WIDTH: usize = 120;
/// Size of the output buffer in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// Writes text that may contain colours. They are removed where the options, the
/// environment or the kind of output exclude them.
///
/// # Errors
/// Those of `write`, and those of standard output.
pub(super) fn styled<E: From<io::Error>>(
    terminal: &TerminalArguments,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let choice = match terminal.color {
        clap::ColorChoice::Auto => AutoStream::choice(&io::stdout()),
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    buffered(AutoStream::new(io::stdout().lock(), choice), write)
}

/// Writes data for programs, unchanged.
///
/// # Errors
/// Those of `write`, and those of standard output.
pub(super) fn plain<E: From<io::Error>>(
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    buffered(io::stdout().lock(), write)
}

fn buffered<E: From<io::Error>>(
    stream: impl Write,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, stream);
    write(&mut out)?;
    Ok(out.flush()?)
}

/// Whether standard output is a terminal.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The number of columns to lay out for: that of `--width`, of the terminal, of
/// `COLUMNS`, or [`DEFAULT_WIDTH`].
pub(super) fn width(terminal: &TerminalArguments) -> usize {
    let of_terminal = || terminal_size::terminal_size_of(io::stdout());
    let of_environment = || width_in(&std::env::var("COLUMNS").ok()?);
    (terminal.width)
        .or_else(|| of_terminal().map(|(width, _)| usize::from(width.0)))
        .or_else(of_environment)
        .unwrap_or(DEFAULT_WIDTH)
}

/// The width that a value of `COLUMNS` says. `None` for 0, which some shells and
/// terminals without a known size set.
fn width_in(columns: &str) -> Option<usize> {
    columns.parse().ok().filter(|width| *width > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_zero_or_nonsense_say_nothing() {
        assert_eq!(width_in("80"), Some(80));
        for columns in ["0", "", "wide", "-1"] {
            assert_eq!(width_in(columns), None, "{columns:?}");
        }
    }
}
