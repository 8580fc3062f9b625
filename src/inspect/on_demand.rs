//! A thread that does one thing whenever it is asked to, while its owner goes on.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

/// Such a thread. It ends with this. `T` is what it gives each time.
#[derive(Debug)]
pub struct OnDemand<T> {
    ask: SyncSender<()>,
    done: Receiver<T>,
    is_asked: bool,
}

impl<T: Send + 'static> OnDemand<T> {
    /// Starts the thread. `make` makes there what is called each time.
    pub(super) fn start<F: FnMut() -> T>(make: impl FnOnce() -> F + Send + 'static) -> Self {
        let (ask, asked) = sync_channel(1);
        let (sender, done) = sync_channel(1);
        thread::spawn(move || {
            let mut act = make();
            while asked.recv().is_ok() {
                if sender.send(act()).is_err() {
                    return;
                }
            }
        });
        Self {
            ask,
            done,
            is_asked: false,
        }
    }

    /// Asks for the next, unless it is at it. Returns whether it was asked.
    pub fn ask(&mut self) -> bool {
        let asked = !self.is_asked && self.ask.try_send(()).is_ok();
        self.is_asked |= asked;
        asked
    }

    /// Whether it is at it.
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// What was asked for. `None` if it is not there yet.
    pub fn ready(&mut self) -> Option<T> {
        let ready = self.done.try_recv();
        self.is_asked &= matches!(ready, Err(TryRecvError::Empty));
        ready.ok()
    }

    /// Waits for what was asked for, for at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<T> {
        if !self.is_asked {
            return None;
        }
        let ready = self.done.recv_timeout(limit);
        self.is_asked &= matches!(ready, Err(RecvTimeoutError::Timeout));
        ready.ok()
    }
}
