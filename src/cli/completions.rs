//! `dapper-attach completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::failure::Failure;
use super::output;

/// Prints the completion script for `shell`.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn run(shell: Shell) -> Result<(), Failure> {
    // Generated into memory, because the generator panics if its output is closed.
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "dapper-attach",
        &mut script,
    );
    output::plain(|out| Ok(out.write_all(&script)?))
}
