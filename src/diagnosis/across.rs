//! What one process of a tree says about another that waits for it, for its end or for the
//! other end of a socket or pipe.

use rustc_hash::FxHashMap;

use crate::model::{Confidence, Diagnosis, DiagnosisKind, ItemId, Process, Verdict, VerdictState};

/// Adds to each process that waits for the end of another one of `processes`
/// what keeps that one. The root cause comes first there, too.
pub fn across(processes: &mut [Process]) {
    let mut stuck: FxHashMap<ItemId, (Verdict, Diagnosis)> =
        processes.iter().filter_map(reason).collect();
    // Children come after their parents, so that in this order the reason of a
    // grandchild reaches its grandparent.
    for process in processes.iter_mut().rev() {
        let awaited = process.edges.iter();
        let mut awaited = awaited
            .filter(|edge| {
                let all_stuck = || {
                    let mut others = process.edges.iter().filter(|one| one.from == edge.from);
                    others.all(|one| stuck.contains_key(&one.to))
                };
                edge.from.is_actor() || matters(process, edge.from) && all_stuck()
            })
            .map(|edge| edge.to);
        let Some((pid, (verdict, cause))) =
            awaited.find_map(|id| Some((id.process()?, stuck.get(&id)?.clone())))
        else {
            continue;
        };
        // What this process itself says of this wait comes first.
        let own = process.diagnoses.iter();
        let own = own
            .take_while(|one| {
                matches!(
                    one.kind,
                    DiagnosisKind::StuckExecutorJob | DiagnosisKind::CrossProcessDeadlock
                )
            })
            .count();
        process.diagnoses.insert(
            own,
            Diagnosis {
                summary: format!("in process {pid}: {}", cause.summary),
                ..cause
            },
        );
        if let Some(own) = &mut process.verdict
            && !own.state.is_alarm()
        {
            own.state = VerdictState::Hung;
            own.confidence = verdict.confidence.min(Confidence::Likely);
            own.summary = format!("waits for process {pid}: {}", verdict.summary);
        }
        stuck.extend(reason(process));
    }
}

/// Whether the process does nothing but wait, and for this resource above all. A process may
/// have any number of connections to others, and go on without them.
fn matters(process: &Process, resource: ItemId) -> bool {
    let waits =
        process.verdict.as_ref().map(|verdict| verdict.state) == Some(VerdictState::Waiting);
    let first = process.diagnoses.first();
    waits && first.is_some_and(|one| one.resources.contains(&resource))
}

/// The id of `process`, and why others wait for it, if it does not go on by
/// itself.
fn reason(process: &Process) -> Option<(ItemId, (Verdict, Diagnosis))> {
    let verdict = process.verdict.as_ref()?;
    let cause = process.diagnoses.first()?;
    let reason = || (verdict.clone(), cause.clone());
    (verdict.state.is_alarm()).then(|| (ItemId::Process(process.pid), reason()))
}
