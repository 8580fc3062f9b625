//! The way from those whom a diagnosis is about to the reason that they wait.

use arcstr::ArcStr;

use super::Index;
use crate::model::ids::IdSet;
use crate::model::{Diagnosis, Frame, TaskState};

/// Steps after which the way is cut.
const MAX_STEPS: usize = 5;

/// All of `from` wait for all of `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step<'a> {
    pub from: Vec<&'a str>,
    pub via: &'a str,
    pub to: Vec<&'a str>,
    /// Who has what `to` stands for, where that is the next step.
    pub held_by: Vec<&'a str>,
    /// Whether this leads back to where the way has been.
    pub cycle: bool,
}

/// Steps one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way<'a> {
    pub start: Vec<&'a str>,
    pub steps: Vec<Step<'a>>,
    /// Where it ends for want of anything further; empty where it does not.
    pub end: Vec<&'a str>,
    /// Further tasks and threads of the diagnosis that are not on the way.
    pub likewise: Vec<&'a str>,
}

/// The way that explains the diagnosis best: from those at the culprit's line
/// on, over what the diagnosis names, until it closes or ends.
pub fn of<'a>(diagnosis: &'a Diagnosis, index: &Index<'a>) -> Way<'a> {
    let threads = (diagnosis.threads.iter()).map(|id| stepping(id, index));
    let tasks = diagnosis.tasks.iter().map(ArcStr::as_str);
    let mut wanted: IdSet<'_> = tasks.chain(threads).collect();
    let mut actors: Vec<&str> = wanted.iter().collect();
    if actors.is_empty() {
        actors.extend(diagnosis.resources.iter().take(1).map(ArcStr::as_str));
    }
    wanted.extend(diagnosis.resources.iter().map(ArcStr::as_str));
    let walk = Walk { index, wanted };
    let at_culprit: Vec<&str> = (actors.iter().copied())
        .filter(|id| stands_at_culprit(id, diagnosis, index))
        .collect();
    let first = match at_culprit.is_empty() {
        true => &actors,
        false => &at_culprit,
    };
    let (mut way, passed) = walk.from(walk.alike(first), true);
    let cycle = way.steps.iter().any(|step| step.cycle);
    way.likewise = (first.iter().copied())
        .filter(|id| !cycle && !passed.contains(id))
        .collect();
    way
}

/// The task that a thread is just in, else the thread.
fn stepping<'a>(id: &'a str, index: &Index<'a>) -> &'a str {
    if index.task(id).is_some() {
        return id;
    }
    let task = index.thread(id).and_then(|thread| thread.task.as_deref());
    task.filter(|task| index.task(task).is_some()).unwrap_or(id)
}

fn stands_at_culprit(id: &str, diagnosis: &Diagnosis, index: &Index) -> bool {
    let Some(culprit) = &diagnosis.culprit else {
        return false;
    };
    let at = |frame: &Frame| {
        frame.line == Some(culprit.line) && frame.file.as_deref() == Some(&culprit.file)
    };
    match (index.task(id), index.thread(id)) {
        (Some(task), _) => task.frames.iter().any(at),
        (None, Some(thread)) => thread.frames.iter().any(at),
        (None, None) => false,
    }
}

struct Walk<'i, 'a> {
    index: &'i Index<'a>,
    /// What the diagnosis is about.
    wanted: IdSet<'a>,
}

impl<'a> Walk<'_, 'a> {
    /// The first, and those others that wait for the very same.
    fn alike(&self, ids: &[&'a str]) -> Vec<&'a str> {
        let Some((first, others)) = ids.split_first() else {
            return Vec::new();
        };
        let needs = self.needs(first);
        let mut alike = vec![*first];
        if !needs.is_empty() {
            alike.extend(others.iter().filter(|id| self.needs(id) == needs));
        }
        alike
    }

    /// The way, and all that are on it.
    fn from(&self, start: Vec<&'a str>, may_widen: bool) -> (Way<'a>, IdSet<'a>) {
        let mut way = Way {
            start: start.clone(),
            ..Way::default()
        };
        let mut visited: IdSet<'_> = start.iter().copied().collect();
        let mut layer = start;
        while way.steps.len() < MAX_STEPS {
            let Some(mut step) = self.step(&layer, &visited) else {
                way.end = layer;
                break;
            };
            let reached = match step.held_by.is_empty() {
                true => step.to.clone(),
                false => step.held_by.clone(),
            };
            step.cycle = reached.iter().any(|id| visited.contains(id));
            let cycle = step.cycle;
            visited.extend(step.to.iter().chain(&step.held_by).copied());
            way.steps.push(step);
            if cycle {
                let wider: Vec<&str> = (reached.into_iter())
                    .filter(|id| self.wanted.contains(id))
                    .collect();
                let known: IdSet<'_> = wider.iter().copied().collect();
                let all = way.start.iter().all(|id| known.contains(id));
                if may_widen && all && wider.len() > way.start.len() {
                    return self.from(wider, false);
                }
                break;
            }
            layer = reached;
        }
        (way, visited)
    }

    /// What all of the layer wait for.
    fn step(&self, layer: &[&'a str], visited: &IdSet<'_>) -> Option<Step<'a>> {
        let mut step = Step::default();
        let mut known = IdSet::default();
        for &id in layer {
            let mut needs = self.needs(id);
            let on_the_way = |to: &str| self.wanted.contains(to) || visited.contains(to);
            if needs.iter().any(|(_, to)| on_the_way(to)) {
                needs.retain(|(_, to)| on_the_way(to));
            }
            let Some(&(via, _)) = needs.first() else {
                continue;
            };
            if step.via.is_empty() {
                step.via = via;
            }
            needs.retain(|(other, _)| *other == step.via);
            if !needs.is_empty() {
                step.from.push(id);
            }
            step.to.extend(
                (needs.iter())
                    .map(|(_, to)| *to)
                    .filter(|to| known.insert(to)),
            );
        }
        if step.to.is_empty() {
            return None;
        }
        if step.via != "holds" {
            step.held_by = self.holders(&step.to);
        }
        Some(step)
    }

    /// Who holds all of this; empty where one of it is not held.
    fn holders(&self, ids: &[&'a str]) -> Vec<&'a str> {
        let mut holders = Vec::new();
        let mut known = IdSet::default();
        for id in ids {
            let needs = self.needs(id);
            if needs.is_empty() || needs.iter().any(|(via, _)| *via != "holds") {
                return Vec::new();
            }
            let fresh = needs.iter().filter(|(_, holder)| known.insert(holder));
            holders.extend(fresh.map(|(_, holder)| *holder));
        }
        holders
    }

    /// What `id` cannot go on before, and through what.
    fn needs(&self, id: &str) -> Vec<(&'a str, &'a str)> {
        let index = self.index;
        let live = |to: &str| (index.task(to)).is_none_or(|task| task.state != TaskState::Done);
        let mut needs: Vec<(&str, &str)> = (index.edges_from(id).iter())
            .filter(|edge| edge.via == "holds" || live(&edge.to))
            .map(|edge| (edge.via.as_str(), stepping(&edge.to, index)))
            .collect();
        if needs.is_empty()
            && let Some(resource) = index.resource(id)
        {
            let holders = resource.holders.iter();
            needs.extend(holders.map(|holder| ("holds", stepping(holder, index))));
        }
        if needs.is_empty()
            && let Some(wait) = index.wait(id)
        {
            match wait.resource.as_deref() {
                Some(resource) => needs.push((&wait.kind, resource)),
                None => {
                    let holders = wait.holders.iter().filter(|holder| live(holder));
                    needs.extend(holders.map(|id| (wait.kind.as_str(), stepping(id, index))));
                }
            }
        }
        needs
    }
}
