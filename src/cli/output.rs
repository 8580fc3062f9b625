//! Standard output: buffered, coloured only where that is wanted.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::AutoStream;

use super::args::TerminalArguments;

/// Columns where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 120;
const BUFFER: usize = 1 << 16;

/// Writes text that may have colours.
pub fn styled<E: From<io::Error>>(
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

/// Writes data for programs as it is.
pub fn plain<E: From<io::Error>>(
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    buffered(io::stdout().lock(), write)
}

fn buffered<E: From<io::Error>>(
    stream: impl Write,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = BufWriter::with_capacity(BUFFER, stream);
    write(&mut out)?;
    Ok(out.flush()?)
}

/// Whether a person reads along.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns to lay out for.
pub fn width(terminal: &TerminalArguments) -> usize {
    let of_terminal = || terminal_size::terminal_size_of(io::stdout());
    let of_environment = || std::env::var("COLUMNS").ok()?.parse().ok();
    (terminal.width)
        .or_else(|| of_terminal().map(|(width, _)| usize::from(width.0)))
        .or_else(of_environment)
        .unwrap_or(DEFAULT_WIDTH)
}
