//! `top`, on a real terminal: what the screen shows, what keys do, and how it ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Pid, setsid, ttyname};

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure};

/// How long the screen may take to show something. Only a failing test waits as long.
const PATIENCE: Duration = Duration::from_secs(60);
const COLUMNS: u16 = 100;
const LINES: u16 = 24;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[
        ("keys_of_a_program", keys_of_a_program),
        ("the_end_of_a_program", the_end_of_a_program),
        ("the_end_of_the_terminal", the_end_of_the_terminal),
    ];
    let mut trials = on_every_leg(manifest, "top", |_| None, tests);
    trials.push(vec![
        once("top", "no_terminal", None, no_terminal),
        once("top", "no_such_process", None, no_such_process),
    ]);
    trials
}

/// dapper-attach on a terminal of its own.
struct Terminal {
    child: Child,
    /// Our end of the terminal. `None` after it was closed.
    ours: Option<File>,
    reading: Option<JoinHandle<()>>,
    closed: Arc<AtomicBool>,
    /// Its end, to ask for its settings.
    its: OwnedFd,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All that was written.
    written: Vec<u8>,
}

/// Both ends of a new terminal: ours and its. No program inherits them.
fn open_terminal(size: &Winsize) -> io::Result<(File, OwnedFd)> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = posix_openpt(flags)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let path = ptsname_r(&master)?;
    // SAFETY: nobody else has this descriptor.
    let ours = unsafe { File::from_raw_fd(master.into_raw_fd()) };
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let its = options.custom_flags(libc::O_NOCTTY).open(path)?;
    // SAFETY: the size is valid for the time of the call.
    unsafe { set_size(ours.as_raw_fd(), size) }?;
    Ok((ours, its.into()))
}

nix::ioctl_write_ptr_bad!(set_size, libc::TIOCSWINSZ, Winsize);

impl Terminal {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, String> {
        let size = Winsize {
            ws_row: LINES,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let (ours, its) = open_terminal(&size).map_err(|error| error.to_string())?;
        let path = ttyname(&its).map_err(|error| error.to_string())?;
        let end = || -> Result<Stdio, String> {
            let end = its.try_clone().map_err(|error| error.to_string())?;
            Ok(Stdio::from(end))
        };
        let mut command = Command::new(attach::binary());
        command
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .stdin(end()?)
            .stdout(end()?)
            .stderr(end()?);
        // SAFETY: only `setsid` and `open` are called, which are safe after a fork.
        unsafe {
            command.pre_exec(move || {
                setsid()?;
                // The first terminal that a session opens controls it.
                OpenOptions::new().read(true).write(true).open(&path)?;
                Ok(())
            });
        }
        let child = command.spawn().map_err(|error| error.to_string())?;
        let mut reader = ours.try_clone().map_err(|error| error.to_string())?;
        let (sender, output) = channel();
        let closed: Arc<AtomicBool> = Arc::default();
        let is_closed = Arc::clone(&closed);
        let reading = thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while !is_closed.load(Ordering::Relaxed) {
                let mut inputs = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
                if poll(&mut inputs, PollTimeout::from(20_u8)) == Ok(0) {
                    continue;
                }
                let Ok(count @ 1..) = reader.read(&mut buffer) else {
                    return;
                };
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            ours: Some(ours),
            reading: Some(reading),
            closed,
            its,
            output,
            screen: vt100::Parser::new(LINES, COLUMNS, 0),
            written: Vec::new(),
        })
    }

    fn press(&mut self, keys: &str) -> Outcome {
        let ours = self.ours.as_mut().ok_or("the terminal is closed")?;
        ours.write_all(keys.as_bytes())
            .map_err(|error| error.to_string())
    }

    fn take_in(&mut self) {
        if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
            self.screen.process(&bytes);
            self.written.extend(bytes);
        }
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen is as `is_so` says.
    fn wait_for(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.text()) {
            if Instant::now() > deadline {
                return Err(format!("no {what} on the screen:\n{}", self.text()));
            }
            self.take_in();
        }
        Ok(())
    }

    fn shows(&mut self, text: &str) -> Outcome {
        self.wait_for(text, |screen| screen.contains(text))
    }

    /// Waits for its end.
    fn status(&mut self) -> Result<ExitStatus, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.take_in();
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.screen.process(&bytes);
                    self.written.extend(bytes);
                }
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("it did not end:\n{}", self.text()));
            }
        }
    }

    /// Whether the terminal is as it was before: lines and echo, the first screen, a cursor, no
    /// mouse.
    fn is_given_back(&self) -> Outcome {
        let settings = tcgetattr(self.its.as_fd()).map_err(|error| error.to_string())?;
        let normal = LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG;
        ensure(settings.local_flags.contains(normal), || {
            format!("{:?}", settings.local_flags)
        })?;
        let screen = self.screen.screen();
        ensure(!screen.alternate_screen(), || {
            "still on the second screen".into()
        })?;
        ensure(!screen.hide_cursor(), || "there is no cursor".into())?;
        let mouse = screen.mouse_protocol_mode();
        ensure(mouse == vt100::MouseProtocolMode::None, || {
            format!("{mouse:?}")
        })
    }

    /// Closes the terminal, as a connection of ssh that breaks does.
    fn close(&mut self) -> Outcome {
        self.closed.store(true, Ordering::Relaxed);
        let reading = self.reading.take().map(JoinHandle::join);
        ensure(reading.is_some_and(|it| it.is_ok()), || {
            "reading panicked".into()
        })?;
        drop(self.ours.take());
        Ok(())
    }

    /// Ends it with `q`.
    fn quit(&mut self) -> Outcome {
        self.press("q")?;
        let status = self.status()?;
        ensure(status.code() == Some(0), || {
            format!("{status}:\n{}", self.text())
        })?;
        self.is_given_back()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `tests/programs/top.py`, which prints READY.
fn start(leg: &Leg) -> Result<Target, String> {
    let mut command = target::python(leg);
    command.arg(target::programs().join("top.py"));
    let mut target = Target::start("top.py", command)?;
    target.wait_ready()?;
    Ok(target)
}

fn keys_of_a_program(leg: &Leg) -> Outcome {
    let mut target = start(leg)?;
    let pid = target.pid().to_string();
    let mut terminal = Terminal::start(&["top", "--pid", &pid], &[])?;
    terminal.shows(&format!("top.py, pid {pid}"))?;
    // By coroutine: six that want the lock, one that has it, the program itself.
    terminal.wait_for("six of wants_the_lock", |screen| {
        screen.lines().any(|line| {
            line.starts_with("wants_the_lock") && line.contains(" 6 ") && line.contains("Lock")
        })
    })?;
    terminal.shows("loop #1 MainThread")?;
    terminal.shows("lag p50")?;
    // The tasks of the coroutine, then the page of one.
    terminal.press("/wants\r")?;
    terminal.shows("/wants")?;
    terminal.press("\r")?;
    terminal.shows("of wants_the_lock")?;
    terminal.press("\r")?;
    terminal.shows("CHAIN, innermost first")?;
    terminal.shows("holder or peer")?;
    terminal.shows("top.py:")?;
    terminal.press("\x1b")?;
    terminal.wait_for("list", |screen| !screen.contains("CHAIN"))?;
    // One by one, all of them again.
    terminal.press("a/\x1b")?;
    terminal.shows("one by one")?;
    terminal.press("t")?;
    terminal.shows("THREAD")?;
    terminal.wait_for("sleep of the thread", |screen| {
        screen
            .lines()
            .any(|line| line.contains("a_thread") && line.contains("waiting"))
    })?;
    terminal.press("t")?;
    terminal.shows("RESOURCE")?;
    terminal.wait_for("the lock", |screen| {
        screen
            .lines()
            .any(|line| line.contains("asyncio.Lock") && line.contains("locked"))
    })?;
    terminal.press("g")?;
    terminal.wait_for("the six in the tree", |screen| {
        screen.contains("6 x wants_the_lock")
    })?;
    terminal.press("?")?;
    terminal.shows("stop looking, go on")?;
    terminal.press("G")?;
    terminal.shows("WHAT IT MEANS")?;
    terminal.press("?")?;
    terminal.press(" ")?;
    terminal.shows("PAUSED")?;
    terminal.press(" ")?;
    terminal.wait_for("looks again", |screen| !screen.contains("PAUSED"))?;
    terminal.quit()?;
    ensure(target.is_running_freely(), || {
        "the program does not run".into()
    })
}

/// Without colours. When the program is killed, the last picture stays.
fn the_end_of_a_program(leg: &Leg) -> Outcome {
    let target = start(leg)?;
    let pid = target.pid().to_string();
    let mut terminal =
        Terminal::start(&["top", "--pid", &pid, "--rate", "8"], &[("NO_COLOR", "1")])?;
    terminal.shows("wants_the_lock")?;
    drop(target);
    terminal.shows("it ended")?;
    terminal.shows("ENDED")?;
    terminal.shows("wants_the_lock")?;
    terminal.press("t")?;
    terminal.shows("MainThread")?;
    let text = String::from_utf8_lossy(&terminal.written).into_owned();
    for colour in ["\x1b[31", "\x1b[32", "\x1b[36", "\x1b[38"] {
        ensure(!text.contains(colour), || format!("{colour:?} in {text:?}"))?;
    }
    // A signal ends it as well as a key does.
    let its_pid = i32::try_from(terminal.child.id()).map_err(|error| error.to_string())?;
    kill(Pid::from_raw(its_pid), Signal::SIGTERM).map_err(|error| error.to_string())?;
    let status = terminal.status()?;
    ensure(status.code() == Some(0), || status.to_string())?;
    terminal.is_given_back()
}

fn the_end_of_the_terminal(leg: &Leg) -> Outcome {
    let mut target = start(leg)?;
    let pid = target.pid().to_string();
    let mut terminal = Terminal::start(&["top", "--pid", &pid], &[])?;
    terminal.shows("wants_the_lock")?;
    terminal.close()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = terminal
            .child
            .try_wait()
            .map_err(|error| error.to_string())?;
        if let Some(status) = status {
            ensure(status.code() == Some(0), || status.to_string())?;
            break;
        }
        ensure(Instant::now() < deadline, || {
            "it goes on without a terminal".into()
        })?;
        thread::sleep(Duration::from_millis(10));
    }
    ensure(target.is_running_freely(), || {
        "the program does not run".into()
    })
}

fn no_terminal() -> Outcome {
    let output = attach::run(&["top", "--pid", "1"])?;
    let right = output.code() == Some(1)
        && output
            .stderr
            .starts_with("dapper-attach: top needs a terminal")
        && output.stdout.is_empty();
    ensure(right, || format!("{output:?}"))
}

fn no_such_process() -> Outcome {
    let mut terminal = Terminal::start(&["top", "--pid", "4194304"], &[])?;
    let status = terminal.status()?;
    ensure(status.code() == Some(1), || status.to_string())?;
    terminal.shows("no process with pid")?;
    terminal.is_given_back()
}
