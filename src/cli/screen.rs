//! The terminal as a whole: taken over while it is used, and given back on every end.

use std::io::{self, ErrorKind, IsTerminal, Stdout, stdin, stdout};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{panic, process, thread};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use nix::sys::signal::{Signal, raise};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// Whether the terminal is taken over.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether some thread has panicked.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is taken over. It is given back when this is dropped, and at a panic.
pub(super) struct Screen {
    /// What is drawn on. It is never dropped: ratatui would show the cursor then, and panic where
    /// the terminal has gone and takes no message of that either.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

/// Whether input and output are terminals.
pub(super) fn is_there() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Time that the program has to end by itself after a signal.
const PATIENCE: Duration = Duration::from_secs(2);
/// Whether a signal has come is asked so often.
const PERIOD: Duration = Duration::from_millis(200);

/// Waits for a key, the mouse or another size. Returns whether there is one.
///
/// # Errors
/// If the terminal has gone ([`ErrorKind::BrokenPipe`]), or cannot be read.
pub(super) fn wait_for_event(patience: Duration) -> io::Result<bool> {
    // crossterm would read the end of a terminal that has gone for ever.
    let input = stdin();
    let mut inputs = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    let patience = PollTimeout::try_from(patience).unwrap_or(PollTimeout::ZERO);
    match poll(&mut inputs, patience) {
        // A signal, of another size for example.
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    let found = inputs[0].revents().unwrap_or(PollFlags::empty());
    match found.intersects(gone) {
        true => Err(ErrorKind::BrokenPipe.into()),
        false => event::poll(Duration::ZERO),
    }
}

/// Ends the program some time after `end` became true, if it has not ended by then: it may be
/// stuck in a terminal that takes nothing any more.
pub(super) fn end_in_any_case(end: Arc<AtomicBool>) {
    thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            thread::sleep(PERIOD);
        }
        thread::sleep(PATIENCE);
        give_back();
        process::exit(0);
    });
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// If the terminal does not allow it. Then it is as it was.
    pub(super) fn take() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |information| {
            give_back();
            HAS_PANICKED.store(true, Ordering::Relaxed);
            before(information);
        }));
        enter()?;
        match Terminal::new(CrosstermBackend::new(stdout())) {
            Ok(terminal) => Ok(Self {
                terminal: ManuallyDrop::new(terminal),
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Goes to the background, until the shell brings it back.
    ///
    /// # Errors
    /// If the terminal cannot be taken over again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        raise(Signal::SIGTSTP)?;
        enter()?;
        self.terminal.clear()
    }

    /// Whether some thread has panicked, and the terminal was given back.
    pub(super) fn has_panicked() -> bool {
        HAS_PANICKED.load(Ordering::Relaxed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::Relaxed);
    let entered = execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, Hide);
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Gives the terminal back as it was. If it is gone, there is nothing to give back.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::Relaxed) {
        let _ = execute!(stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}
