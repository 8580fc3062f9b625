//! Verdicts, made in a thread of their own: light looks go on meanwhile.

use crate::inspect::inspection::Inspection;
use crate::inspect::on_demand::OnDemand;
use crate::model::Process;
use crate::process::Error;

/// A thread that judges a process when it is asked to.
pub(super) type Verdicts = OnDemand<Result<Process, Error>>;

/// Starts such a thread for the process `pid`.
pub(super) fn start(pid: u32) -> Verdicts {
    OnDemand::start(move || {
        let mut inspection = Inspection::new(pid);
        inspection.options.no_pause = true;
        move || {
            let judged = inspection.diagnosed()?.processes.into_iter().next();
            judged.ok_or(Error::Gone { pid })
        }
    })
}
