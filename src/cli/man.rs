//! `dapper-attach man`

use clap::CommandFactory;

use super::args::Arguments;
use super::failure::Failure;
use super::output;

/// Prints the manual page.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn run() -> Result<(), Failure> {
    let manual = clap_mangen::Man::new(Arguments::command());
    output::plain(|out| Ok(manual.render(out)?))
}
