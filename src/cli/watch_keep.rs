//! `dapper-attach watch --keep`: the last minutes, written when there is an alarm.

use std::collections::VecDeque;
use std::fs;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::record::{beside, note, stem};
use super::watch_arguments::WatchArguments;
use crate::capture::{CaptureError, EncodedLook, LookEncoder, RecordWriter};
use crate::inspect::key_looks::{self, KeyLooks};
use crate::inspect::profiling::{Next, Recorder};
use crate::inspect::watching::Event;
use crate::plain_text::clean;
use crate::profile::Told;

/// Looks a second that are kept, if --max-overhead allows.
const RATE: f64 = 20.0;
/// Whole looks at an alarm: the second one is compared with the first, and a report is made of it.
const LOOKS: usize = 2;
/// Time between them.
const GAP: Duration = Duration::from_millis(500);
/// Whole looks that are not there after this time are left out.
const LOOKS_LIMIT: Duration = Duration::from_secs(20);

/// Why a recording is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Hang,
    Slow,
}

impl Cause {
    /// The word for it in the name of the file.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hang => "hang",
            Self::Slow => "slow",
        }
    }
}

/// Records in a thread of its own, and writes what it kept when it is told of an alarm.
pub(super) struct Keeper {
    alarms: SyncSender<Cause>,
    written: Receiver<PathBuf>,
    thread: JoinHandle<()>,
    keep: Duration,
    /// When a slow step was written the last time. The files of slow steps do not overlap.
    slow_at: Option<Instant>,
}

impl Keeper {
    /// Opens the process. Its looks use at most `part` of a processor. `None` if nothing is to be
    /// kept.
    ///
    /// # Errors
    /// If it cannot be read, or the directory does not exist.
    pub(super) fn start(arguments: &WatchArguments, part: f64) -> Result<Option<Self>, Failure> {
        let Some(keep) = arguments.keep else {
            return Ok(None);
        };
        if !arguments.keep_in.is_dir() {
            return Err(Failure::new(
                "output",
                format!("{} is no directory", arguments.keep_in.display()),
                Some("--keep-in names one that exists".into()),
            ));
        }
        let mut recorder = Recorder::open(arguments.pid, RATE)?;
        recorder.keep(keep);
        recorder.limit(part);
        let (alarms, told) = sync_channel(1);
        let (sender, written) = channel();
        let mut files = Files {
            folder: arguments.keep_in.clone(),
            with_looks: !arguments.no_memory,
            left: arguments.keep_files.into(),
            paths: VecDeque::new(),
            sender,
            alarm: None,
        };
        let thread = thread::spawn(move || files.run(&mut recorder, &told));
        Ok(Some(Self {
            alarms,
            written,
            thread,
            keep,
            slow_at: None,
        }))
    }

    /// Has what was kept written if the event is an alarm.
    pub(super) fn tell(&mut self, event: &Event) {
        let cause = match event {
            Event::Hang { .. } => Cause::Hang,
            Event::Slow(_) if self.slow_at.is_none_or(|at| at.elapsed() >= self.keep) => {
                self.slow_at = Some(Instant::now());
                Cause::Slow
            }
            _ => return,
        };
        // One that comes while another is being written is in that file.
        let _ = self.alarms.try_send(cause);
    }

    /// The files that were written since the last call, as events.
    pub(super) fn written(&mut self) -> Vec<Event> {
        let paths = self.written.try_iter();
        paths.map(|path| Event::Kept { path }).collect()
    }

    /// Ends the recording. An alarm that came before is written.
    pub(super) fn finish(self) -> Vec<Event> {
        drop(self.alarms);
        // It reports what it could not do, and does not panic.
        let _ = self.thread.join();
        let paths = self.written.try_iter();
        paths.map(|path| Event::Kept { path }).collect()
    }
}

/// An alarm whose recording is about to be written.
struct Alarm {
    path: PathBuf,
    since: Instant,
    /// `None` if no whole looks are wanted.
    looks: Option<KeyLooks<EncodedLook>>,
    ask_at: Instant,
    taken: Vec<EncodedLook>,
}

/// The files of one run.
struct Files {
    folder: PathBuf,
    with_looks: bool,
    left: usize,
    /// Those that were written, the oldest first.
    paths: VecDeque<PathBuf>,
    sender: Sender<PathBuf>,
    alarm: Option<Alarm>,
}

impl Files {
    /// Records until `alarms` ends or the process does.
    fn run(&mut self, recorder: &mut Recorder, alarms: &Receiver<Cause>) {
        let ended = recorder.run(None, &mut |recorder| {
            let is_over = match alarms.try_recv() {
                Ok(cause) if self.alarm.is_none() => {
                    self.alarm = Some(self.begin(recorder, cause));
                    false
                }
                Ok(_) | Err(TryRecvError::Empty) => false,
                Err(TryRecvError::Disconnected) => true,
            };
            let is_whole = self.alarm.as_mut().is_some_and(Alarm::is_whole);
            if is_whole || is_over {
                self.write(recorder);
            }
            match is_over {
                true => Next::End,
                false => Next::Look,
            }
        });
        self.write(recorder);
        if let Err(error) = ended {
            note(&format!(
                "nothing is kept any more: {}",
                clean(&error.to_string())
            ));
        }
    }

    fn begin(&self, recorder: &Recorder, cause: Cause) -> Alarm {
        let pid = recorder.process().pid;
        let name = format!("{}-{}.dapper", stem(pid), cause.as_str());
        let mut encoder = LookEncoder::default();
        let start = || key_looks::start(pid, move |look| encoder.encode(look));
        Alarm {
            path: self.folder.join(name),
            since: Instant::now(),
            looks: self.with_looks.then(start),
            ask_at: Instant::now(),
            taken: Vec::new(),
        }
    }

    /// Writes the recording of the alarm, if there is one, and removes the oldest file if there are
    /// too many.
    fn write(&mut self, recorder: &Recorder) {
        let Some(alarm) = self.alarm.take() else {
            return;
        };
        if let Err(error) = save(recorder, &alarm) {
            let path = alarm.path.display().to_string();
            note(&format!("{} was not written: {error}", clean(&path)));
            return;
        }
        self.paths.retain(|path| *path != alarm.path);
        self.paths.push_back(alarm.path.clone());
        // If nobody takes it in, the watch has ended.
        let _ = self.sender.send(alarm.path);
        while self.paths.len() > self.left {
            if let Some(oldest) = self.paths.pop_front() {
                // Somebody may have moved it.
                let _ = fs::remove_file(oldest);
            }
        }
    }
}

impl Alarm {
    /// Takes its whole looks. Returns whether all are there, or no more will come.
    fn is_whole(&mut self) -> bool {
        let Some(looks) = &mut self.looks else {
            return true;
        };
        match looks.ready() {
            Some(Ok(look)) => {
                self.taken.push(look);
                self.ask_at = Instant::now() + GAP;
            }
            // It has ended, or changed too much.
            Some(Err(_)) => return true,
            None => {}
        }
        if self.taken.len() < LOOKS && Instant::now() >= self.ask_at {
            looks.ask();
        }
        self.taken.len() >= LOOKS || self.since.elapsed() >= LOOKS_LIMIT
    }
}

/// Writes what was kept, and the whole looks, beside the file first.
fn save(recorder: &Recorder, alarm: &Alarm) -> Result<(), CaptureError> {
    let mut profile = recorder.profile();
    let began = Duration::from_nanos(profile.about.began_ns)
        .saturating_sub(Duration::from_nanos(recorder.about().began_ns));
    let beside = beside(&alarm.path)?;
    let mut writer = RecordWriter::new(BufWriter::new(&beside), &profile.about)?;
    for look in &alarm.taken {
        let at = recorder.since_began(look.clock_s, look.taken);
        writer.look(look, at.saturating_sub(began))?;
    }
    let lasted = profile.trust.lasted.as_nanos();
    let lasted_ns = u64::try_from(lasted).unwrap_or(u64::MAX);
    let part = profile.timeline.take_part(&mut Told::default(), lasted_ns);
    writer.part(part, profile.trust)?;
    drop(writer);
    beside.persist(&alarm.path).map_err(|error| error.error)?;
    Ok(())
}
