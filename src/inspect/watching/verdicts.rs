//! Verdicts, made in a thread of their own: light looks go on meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use crate::inspect::inspection::Inspection;
use crate::model::Process;
use crate::process::Error;

/// A thread that judges the process when it is asked to.
#[derive(Debug)]
pub(super) struct Verdicts {
    ask: SyncSender<()>,
    judged: Receiver<Result<Process, Error>>,
    is_asked: bool,
}

impl Verdicts {
    /// Starts the thread for the process `pid`. It ends with this.
    pub(super) fn start(pid: u32) -> Self {
        let (ask, asked) = sync_channel(1);
        let (sender, judged) = sync_channel(1);
        thread::spawn(move || {
            let mut inspection = Inspection::new(pid);
            inspection.options.no_pause = true;
            while asked.recv().is_ok() {
                let snapshot = inspection.diagnosed();
                let process = snapshot.map(|mut snapshot| snapshot.processes.swap_remove(0));
                if sender.send(process).is_err() {
                    return;
                }
            }
        });
        Self {
            ask,
            judged,
            is_asked: false,
        }
    }

    /// Asks for a verdict, unless one is being made. Returns whether it was asked for.
    pub(super) fn ask(&mut self) -> bool {
        let asked = !self.is_asked && self.ask.try_send(()).is_ok();
        self.is_asked |= asked;
        asked
    }

    /// The process as it was judged, or why it could not be. `None` if it is not there yet.
    pub(super) fn ready(&mut self) -> Option<Result<Process, Error>> {
        let ready = self.judged.try_recv();
        self.is_asked &= matches!(ready, Err(TryRecvError::Empty));
        ready.ok()
    }
}
