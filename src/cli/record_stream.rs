//! `dapper-attach record` into a `.dapper` file, which is written while the process is recorded.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::record::{beside, note, quoted};
use crate::capture::{CaptureError, EncodedLook, LookEncoder, RecordWriter};
use crate::inspect::key_looks::{self, KeyLooks};
use crate::inspect::profiling::Recorder;
use crate::plain_text::clean;
use crate::process::Error;
use crate::profile::Trust;

/// What was recorded is written so often: whoever ends dapper-attach loses no more.
const PART_EVERY: Duration = Duration::from_secs(1);
/// Least time between two whole looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time between the first look, which is in no list, and the next one.
const FIRST_GAP: Duration = Duration::from_millis(500);
/// So many times as long as a whole look takes, none is taken.
const LOOK_REST: u32 = 5;
/// At the end, a whole look that is being taken is waited for, but no longer than this.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// A recording that is being written.
pub(super) struct Stream {
    /// `None` for standard output.
    path: Option<PathBuf>,
    writer: RecordWriter<Box<dyn Write>>,
    part_due: Instant,
    /// `None` if no whole looks are wanted, or there is no more room for them.
    looks: Option<KeyLooks<EncodedLook>>,
    look_due: Instant,
    looks_written: u64,
    looks_failed: u64,
    /// Whether there was no room for a whole look.
    full: bool,
}

impl Stream {
    /// Creates the file and writes its beginning.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn begin(
        path: Option<PathBuf>,
        recorder: &Recorder,
        with_looks: bool,
    ) -> Result<Self, Failure> {
        let about = recorder.about();
        let writer = open(path.as_deref())
            .map_err(CaptureError::from)
            .and_then(|out| RecordWriter::new(out, &about))
            .map_err(|error| not_written(path.as_deref(), error))?;
        let mut encoder = LookEncoder::default();
        let start = || key_looks::start(about.pid, move |look| encoder.encode(look));
        Ok(Self {
            path,
            writer,
            part_due: Instant::now() + PART_EVERY,
            looks: with_looks.then(start),
            look_due: Instant::now(),
            looks_written: 0,
            looks_failed: 0,
            full: false,
        })
    }

    /// Writes what is due; with `at_once`, all that there is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn go_on(&mut self, recorder: &mut Recorder, at_once: bool) -> Result<(), Failure> {
        let now = Instant::now();
        if at_once || now >= self.part_due {
            self.part_due = now + PART_EVERY;
            let (part, trust) = recorder.take_part();
            let written = self.writer.part(part, trust);
            written.map_err(|error| not_written(self.path.as_deref(), error))?;
        }
        let Some(looks) = &mut self.looks else {
            return Ok(());
        };
        if let Some(ready) = looks.ready() {
            self.add(recorder, ready)?;
        } else if now >= self.look_due {
            looks.ask();
        }
        Ok(())
    }

    /// Writes the last part.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(mut self, recorder: &mut Recorder) -> Result<(), Failure> {
        let last = self.looks.as_mut().and_then(|looks| looks.wait(LAST_LOOK));
        if let Some(ready) = last {
            self.add(recorder, ready)?;
        }
        let (part, trust) = recorder.take_last_part();
        let written = self.writer.part(part, trust.clone());
        written.map_err(|error| not_written(self.path.as_deref(), error))?;
        if let Some(path) = &self.path {
            self.tell(path, &trust);
        }
        Ok(())
    }

    /// Writes a look, and decides when the next one is taken.
    fn add(
        &mut self,
        recorder: &Recorder,
        ready: Result<EncodedLook, Error>,
    ) -> Result<(), Failure> {
        let now = Instant::now();
        let Ok(encoded) = ready else {
            // It changed too much, or has ended, which the recording finds as well.
            self.looks_failed += 1;
            self.look_due = now + LOOK_EVERY;
            return Ok(());
        };
        let at = recorder.since_began(encoded.clock_s, encoded.taken);
        let written = self.writer.look(&encoded, at);
        match written.map_err(|error| not_written(self.path.as_deref(), error))? {
            true => self.looks_written += u64::from(encoded.is_listed),
            false => {
                self.full = true;
                self.looks = None;
            }
        }
        // The less room is left, the rarer are looks: so it never ends before the recording.
        let gap = LOOK_EVERY.div_f64(encoded.room_left.max(0.001));
        let gap = gap.max(encoded.cost * LOOK_REST);
        self.look_due = match encoded.is_listed {
            true => encoded.taken + gap,
            // The first one is only there for the next to be compared with.
            false => now + FIRST_GAP,
        };
        Ok(())
    }

    /// Says on stderr what was written.
    fn tell(&self, path: &Path, trust: &Trust) {
        let shown = path.display().to_string();
        let size = path.metadata().map_or(0, |it| it.len());
        note(&format!(
            "recorded {:.1} s in {}, {size} bytes: {}",
            trust.lasted.as_secs_f64(),
            clean(&shown),
            trust.line()
        ));
        if self.looks_written > 0 {
            let failed = self.looks_failed;
            let written = match self.looks_written {
                1 => "1 whole look".to_owned(),
                many => format!("{many} whole looks"),
            };
            let full = match self.full {
                true => "; there was no room for more",
                false => "",
            };
            note(&format!("{written}, {failed} failed{full}"));
        }
        let shown = clean(&quoted(&shown)).into_owned();
        note(&format!("open it with: dapper-attach convert {shown}"));
        if self.looks_written > 0 {
            note(&format!("or with: dapper-attach --capture {shown}"));
        }
    }
}

/// The file, new and empty; `None` is standard output.
fn open(path: Option<&Path>) -> io::Result<Box<dyn Write>> {
    let Some(path) = path else {
        return Ok(Box::new(io::stdout()));
    };
    // A device or pipe is written to as it is.
    if path.exists() && !path.is_file() {
        return Ok(Box::new(File::create(path)?));
    }
    let file = beside(path)?;
    Ok(Box::new(file.persist(path).map_err(|error| error.error)?))
}

fn not_written(path: Option<&Path>, error: CaptureError) -> Failure {
    let Some(path) = path else {
        return Failure::Output(error.into());
    };
    Failure::new(
        "output",
        format!(
            "{} was not written to its end: {error}; what is in it can be read",
            path.display()
        ),
        Some("name a file in a directory that you can write to and that has space".into()),
    )
}
