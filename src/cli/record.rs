//! `dapper-attach record`

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use time::OffsetDateTime;

use super::failure::Failure;
use super::launch;
use super::output;
use super::record_arguments::{ProfileFormat, RecordArguments};
use super::record_children;
use super::record_stream::Stream;
use crate::inspect::profiling::{Ended, Next, Recorder};
use crate::plain_text::clean;
use crate::profile::{Profile, collapsed, firefox, html, json_lines, perfetto, pprof, speedscope};

/// Time between two lines of progress on a terminal.
const PROGRESS: Duration = Duration::from_millis(250);

/// The signals that end a recording, and that write what there is.
pub(super) struct Signals {
    /// Whether recordings are to end.
    pub end: Arc<AtomicBool>,
    /// Whether what there is is to be written now.
    pub write: Arc<AtomicBool>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        let signals = Self {
            end: Arc::default(),
            write: Arc::default(),
        };
        for signal in [SIGINT, SIGTERM] {
            // A second one ends the program at once.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&signals.end))?;
            signal_hook::flag::register(signal, Arc::clone(&signals.end))?;
        }
        signal_hook::flag::register(SIGUSR1, Arc::clone(&signals.write))?;
        Ok(signals)
    }

    /// Those of another recording, which ends with this one, and is told to write by its own flag.
    pub(super) fn of_another(&self) -> Self {
        Self {
            end: Arc::clone(&self.end),
            write: Arc::default(),
        }
    }
}

/// Records a process until its time is over, it ends, or the user ends the recording, and writes
/// what was seen.
///
/// # Errors
/// If the process cannot be read or started, or the file cannot be written.
pub(super) fn run(arguments: &RecordArguments) -> Result<ExitCode, Failure> {
    let to_stdout = arguments.output.as_deref() == Some(Path::new("-"));
    if to_stdout && arguments.children {
        return Err(Failure::new(
            "usage",
            "--children writes a file for each process, and standard output is one",
            Some("name a file with --output".into()),
        ));
    }
    if to_stdout && arguments.chosen().is_binary() && output::is_terminal() {
        return Err(Failure::new(
            "usage",
            "this format is binary data and is not written to a terminal",
            Some("name a file with --output, or redirect standard output".into()),
        ));
    }
    let signals = Signals::register().map_err(|error| {
        Failure::new(
            "signals",
            format!("signals cannot be received: {error}"),
            None,
        )
    })?;
    let mut child = launch::program(&arguments.program)?;
    let opened = match (&mut child, arguments.pid) {
        (Some(child), _) => {
            launch::wait_for_python(child, &|| !signals.end.load(Ordering::Relaxed), |pid| {
                Recorder::open(pid, arguments.rate)
            })
        }
        (None, Some(pid)) => Recorder::open(pid, arguments.rate).map(Some),
        (None, None) => Ok(None),
    };
    let recorder = match opened {
        Ok(Some(recorder)) => recorder,
        // The program ended before it ran Python.
        Ok(None) => return finished(child),
        Err(error) => {
            drop(child);
            return Err(error.into());
        }
    };
    let file = path(arguments, recorder.process().pid);
    let launched = child.is_some();
    let written = match arguments.children {
        true => record_children::run(recorder, arguments, file, &signals, launched),
        false => record(recorder, arguments, file, &signals, launched),
    };
    let status = finished(child);
    written?;
    status
}

/// Records, and writes what was seen to the file at `path`, or to standard output. `launched` says
/// that we have started the process.
///
/// # Errors
/// If the process cannot be read any more, or the file cannot be written.
pub(super) fn record(
    mut recorder: Recorder,
    arguments: &RecordArguments,
    path: Option<PathBuf>,
    signals: &Signals,
    launched: bool,
) -> Result<(), Failure> {
    let mut stream = match arguments.chosen() {
        ProfileFormat::Dapper => {
            let with_looks = !arguments.no_memory;
            Some(Stream::begin(path.clone(), &recorder, with_looks)?)
        }
        _ => None,
    };
    let mut failed = None;
    let mut progress = Progress::new();
    let mut go_on = |recorder: &mut Recorder| {
        let at_once = signals.write.swap(false, Ordering::Relaxed);
        let written = match &mut stream {
            Some(stream) => stream.go_on(recorder, at_once),
            None if at_once => {
                progress.clear();
                write(&recorder.profile(), arguments.chosen(), &path)
            }
            None => Ok(()),
        };
        if let Err(failure) = written {
            failed = Some(failure);
            return Next::End;
        }
        progress.show(recorder);
        match signals.end.load(Ordering::Relaxed) {
            true => Next::End,
            false => Next::Look,
        }
    };
    let ended = recorder.run(arguments.duration, &mut go_on);
    progress.clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    // What there is is written, whatever ended the recording.
    match stream {
        Some(stream) => stream.finish(&mut recorder)?,
        None => write(&recorder.profile(), arguments.chosen(), &path)?,
    }
    match ended {
        Ok(Ended::Gone) if !launched => {
            note(&format!("process {} has ended", recorder.process().pid));
        }
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Waits until a program that was started has ended, and passes its exit status on.
fn finished(child: Option<Child>) -> Result<ExitCode, Failure> {
    match child {
        Some(child) => launch::status_of(child),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The file to write. `None` for standard output.
pub(super) fn path(arguments: &RecordArguments, pid: u32) -> Option<PathBuf> {
    match &arguments.output {
        Some(path) if path.as_os_str() == "-" => None,
        Some(path) => Some(path.clone()),
        None => {
            let ending = arguments.chosen().ending();
            Some(PathBuf::from(format!("{}{ending}", stem(pid))))
        }
    }
}

/// The begin of the name of a new recording: `dapper-4242-20261130T010203Z`.
pub(super) fn stem(pid: u32) -> String {
    let now = OffsetDateTime::now_utc();
    format!(
        "dapper-{pid}-{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second(),
    )
}

/// Writes the profile to the file, or to standard output, and says on stderr what it is.
pub(super) fn write(
    profile: &Profile,
    format: ProfileFormat,
    path: &Option<PathBuf>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return output::plain(|out| Ok(encode(profile, format, out)?));
    };
    save(profile, format, path).map_err(|error| {
        Failure::new(
            "output",
            format!("{} was not written: {error}", path.display()),
            Some("name a file in a directory that you can write to and that has space".into()),
        )
    })?;
    let shown = path.display().to_string();
    note(&format!(
        "recorded {:.1} s in {}: {}",
        profile.trust.lasted.as_secs_f64(),
        clean(&shown),
        profile.trust.line()
    ));
    note(&format!(
        "open it with: {} {}",
        format.opener(),
        clean(&quoted(&shown))
    ));
    Ok(())
}

/// The path as a shell takes it.
pub(super) fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+".contains(letter);
    match path.chars().all(plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// Writes beside the file first, so that one that exists is whole at any time.
fn save(profile: &Profile, format: ProfileFormat, path: &Path) -> io::Result<()> {
    // A device or pipe is written to as it is.
    if path.exists() && !path.is_file() {
        let mut out = BufWriter::new(File::create(path)?);
        encode(profile, format, &mut out)?;
        return out.flush();
    }
    let mut out = BufWriter::new(beside(path)?);
    encode(profile, format, &mut out)?;
    let beside = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    beside.persist(path).map(drop).map_err(|error| error.error)
}

/// A new file in the directory of `path`, which only its owner can read.
pub(super) fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::ErrorKind::NotFound.into());
    }
    tempfile::NamedTempFile::new_in(folder)
}

fn encode(profile: &Profile, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ProfileFormat::Html => html::write(profile, out),
        ProfileFormat::Speedscope => speedscope::write(profile, out),
        ProfileFormat::Collapsed => collapsed::write(profile, out),
        ProfileFormat::Firefox => firefox::write(profile, out),
        ProfileFormat::Pprof => pprof::write(profile, out),
        ProfileFormat::Perfetto => perfetto::write(profile, out),
        ProfileFormat::Jsonl => json_lines::write(profile, out),
        ProfileFormat::Dapper => Err(io::Error::other("it is written while it is recorded")),
    }
}

/// A line on stderr. If it is closed, nobody can read it.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "dapper-attach: {text}");
}

/// The line of progress on a terminal.
struct Progress {
    is_terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            shown: None,
        }
    }

    fn show(&mut self, recorder: &Recorder) {
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= PROGRESS);
        if !self.is_terminal || !is_due {
            return;
        }
        self.shown = Some(Instant::now());
        let process = recorder.process();
        let _ = write!(
            io::stderr().lock(),
            "\r\x1b[Krecording {}: {:.1} s, {} looks, {} tasks, {} threads; Ctrl-C ends and writes",
            process.pid,
            recorder.elapsed().as_secs_f64(),
            recorder.looks(),
            process.tasks.len(),
            process.threads.len(),
        );
    }

    fn clear(&mut self) {
        if self.is_terminal && self.shown.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
