//! The program `dapper-attach`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dapper_attach::cli::run()
}
