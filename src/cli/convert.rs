//! `dapper-attach convert`

use std::path::{Path, PathBuf};

use super::capture::over_time;
use super::convert_arguments::ConvertArguments;
use super::failure::Failure;
use super::output;
use super::record::write;
use super::record_arguments::ProfileFormat;

/// Writes a recording over time in another format.
///
/// # Errors
/// If it cannot be read, or the file cannot be written.
pub(super) fn run(arguments: &ConvertArguments) -> Result<(), Failure> {
    let path = path(arguments)?;
    if path.is_none() && arguments.chosen().is_binary() && output::is_terminal() {
        return Err(Failure::new(
            "usage",
            "this format is binary data and is not written to a terminal",
            Some("name a file with --output, or redirect standard output".into()),
        ));
    }
    let (_, profile) = over_time(&arguments.file)?;
    write(&profile, arguments.chosen(), &path)
}

/// The file to write. `None` for standard output.
fn path(arguments: &ConvertArguments) -> Result<Option<PathBuf>, Failure> {
    let is_standard = |path: &Path| path.as_os_str() == "-";
    match &arguments.output {
        Some(path) if is_standard(path) => Ok(None),
        Some(path) => Ok(Some(path.clone())),
        None if is_standard(&arguments.file) => Err(Failure::new(
            "usage",
            "the recording comes from standard input, so that it has no name to go by",
            Some("name a file with --output; - is standard output".into()),
        )),
        None => Ok(Some(renamed(&arguments.file, arguments.chosen()))),
    }
}

/// `slow.dapper` as `slow.html`, beside it.
fn renamed(file: &Path, format: ProfileFormat) -> PathBuf {
    let stem = file.file_stem().unwrap_or(file.as_os_str());
    let mut name = stem.to_owned();
    name.push(format.ending());
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converted_file_is_named_after_its_recording() {
        let renamed = |file, format| renamed(Path::new(file), format);
        let html = renamed("/tmp/slow.dapper", ProfileFormat::Html);
        assert_eq!(html, Path::new("/tmp/slow.html"));
        let speedscope = renamed("a.b.dapper", ProfileFormat::Speedscope);
        assert_eq!(speedscope, Path::new("a.b.speedscope.json"));
    }
}
