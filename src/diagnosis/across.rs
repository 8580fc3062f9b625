//! What one process of a tree says about another that waits for it.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::finding;
use crate::model::{Diagnosis, Process, Verdict};

/// Verdicts of a process that does not go on by itself.
const STUCK: [&str; 2] = ["hung", "blocked-loop"];

/// Tells each process that waits for the end of another one of `processes`
/// what keeps that one: the root cause comes first there, too.
pub fn across(processes: &mut [Process]) {
    let mut stuck: FxHashMap<ArcStr, (Verdict, Diagnosis)> =
        processes.iter().filter_map(reason).collect();
    // Children stand behind their parents: what a grandchild says goes up.
    for place in (0..processes.len()).rev() {
        let process = &mut processes[place];
        let mut awaited = process.edges.iter().map(|edge| &edge.to);
        let Some((id, (verdict, cause))) =
            awaited.find_map(|id| stuck.get(id).map(|found| (id.clone(), found.clone())))
        else {
            continue;
        };
        let pid = id.trim_start_matches("process:");
        // What this process itself says of the very wait comes first.
        let own = process.diagnoses.iter();
        let own = own
            .take_while(|one| one.kind == "stuck-executor-job")
            .count();
        process.diagnoses.insert(
            own,
            Diagnosis {
                summary: format!("in process {pid}: {}", cause.summary),
                ..cause
            },
        );
        if let Some(own) = &mut process.verdict
            && !STUCK.contains(&own.state.as_str())
        {
            own.state = "hung".to_owned();
            own.confidence = match verdict.confidence.as_str() {
                "certain" => finding::LIKELY.to_owned(),
                other => other.to_owned(),
            };
            own.summary = format!("waits for process {pid}: {}", verdict.summary);
        }
        stuck.extend(reason(process));
    }
}

/// Why others wait for `process`, if it does not go on by itself, by its id.
fn reason(process: &Process) -> Option<(ArcStr, (Verdict, Diagnosis))> {
    let verdict = process.verdict.as_ref()?;
    let cause = process.diagnoses.first()?;
    let is_stuck = STUCK.contains(&verdict.state.as_str());
    let id = || format!("process:{}", process.pid).into();
    is_stuck.then(|| (id(), (verdict.clone(), cause.clone())))
}
