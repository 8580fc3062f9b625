//! The path of waits from the tasks and threads of a finding to their cause.

use super::Index;
use crate::model::{Diagnosis, EdgeKind, Frame, IdSet, ItemId, TaskState, WaitKind};

/// Steps after which the path is cut.
const MAX_STEPS: usize = 5;

/// What a step goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// An edge of the snapshot.
    Edge(EdgeKind),
    /// A wait for which the snapshot has no edge.
    Wait(WaitKind),
}

impl From<WaitKind> for Via {
    fn from(kind: WaitKind) -> Self {
        kind.edge_kind().map_or(Self::Wait(kind), Self::Edge)
    }
}

const HOLDS: Via = Via::Edge(EdgeKind::Holds);

/// All of `from` wait for all of `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub from: Vec<ItemId>,
    pub via: Via,
    pub to: Vec<ItemId>,
    /// Who holds `to`, where the path goes on with them.
    pub held_by: Vec<ItemId>,
    /// Whether this leads back to an item that the path has passed.
    pub cycle: bool,
}

/// Steps one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WaitPath {
    pub start: Vec<ItemId>,
    pub steps: Vec<Step>,
    /// The items that wait for nothing further; empty where the path is cut or
    /// closes to a cycle.
    pub end: Vec<ItemId>,
    /// Further tasks and threads of the finding that are not on the path.
    pub likewise: Vec<ItemId>,
}

/// The path that explains the finding best. It starts with the tasks and threads
/// at the culprit's line, prefers what the finding names, and goes on until it
/// closes or ends.
pub(crate) fn of(diagnosis: &Diagnosis, index: &Index<'_>) -> WaitPath {
    let threads = (diagnosis.threads.iter()).map(|id| running_task(*id, index));
    let mut wanted: IdSet = diagnosis.tasks.iter().copied().chain(threads).collect();
    let mut actors: Vec<ItemId> = wanted.iter().copied().collect();
    if actors.is_empty() {
        actors.extend(diagnosis.resources.first());
    }
    wanted.extend(&diagnosis.resources);
    let walk = Walk { index, wanted };
    let at_culprit: Vec<ItemId> = (actors.iter().copied())
        .filter(|id| stands_at_culprit(*id, diagnosis, index))
        .collect();
    let first = match at_culprit.is_empty() {
        true => actors,
        false => at_culprit,
    };
    let (mut path, passed) = walk.from(walk.alike(&first), true);
    let cycle = path.steps.iter().any(|step| step.cycle);
    path.likewise = (first.into_iter())
        .filter(|id| !cycle && !passed.contains(id))
        .collect();
    path
}

/// The task that runs in the thread; the thread itself where none does.
fn running_task(id: ItemId, index: &Index<'_>) -> ItemId {
    if index.task(id).is_some() {
        return id;
    }
    let task = index.thread(id).and_then(|thread| thread.task);
    task.filter(|task| index.task(*task).is_some())
        .unwrap_or(id)
}

fn stands_at_culprit(id: ItemId, diagnosis: &Diagnosis, index: &Index) -> bool {
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
    /// What the finding is about.
    wanted: IdSet,
}

impl Walk<'_, '_> {
    /// The first id, and those of the others that wait for exactly the same.
    fn alike(&self, ids: &[ItemId]) -> Vec<ItemId> {
        let Some((first, others)) = ids.split_first() else {
            return Vec::new();
        };
        let needs = self.needs(*first);
        let mut alike = vec![*first];
        if !needs.is_empty() {
            alike.extend(others.iter().filter(|id| self.needs(**id) == needs));
        }
        alike
    }

    /// The path, and all that are on it.
    ///
    /// With `may_widen`, a cycle that comes back to more items of the finding
    /// than it started from is walked once more from all of them.
    fn from(&self, start: Vec<ItemId>, may_widen: bool) -> (WaitPath, IdSet) {
        let mut path = WaitPath {
            start: start.clone(),
            ..WaitPath::default()
        };
        let mut visited: IdSet = start.iter().copied().collect();
        let mut layer = start;
        while path.steps.len() < MAX_STEPS {
            let Some(mut step) = self.step(&layer, &visited) else {
                path.end = layer;
                break;
            };
            let reached = match step.held_by.is_empty() {
                true => step.to.clone(),
                false => step.held_by.clone(),
            };
            step.cycle = reached.iter().any(|id| visited.contains(id));
            let cycle = step.cycle;
            visited.extend(step.to.iter().chain(&step.held_by));
            path.steps.push(step);
            if cycle {
                let wider: Vec<ItemId> = (reached.into_iter())
                    .filter(|id| self.wanted.contains(id))
                    .collect();
                let reached: IdSet = wider.iter().copied().collect();
                let all = path.start.iter().all(|id| reached.contains(id));
                if may_widen && all && wider.len() > path.start.len() {
                    return self.from(wider, false);
                }
                break;
            }
            layer = reached;
        }
        (path, visited)
    }

    /// What the items of the layer wait for: all that the first one waits for
    /// through one kind of wait, and those others that wait in the same way.
    fn step(&self, layer: &[ItemId], visited: &IdSet) -> Option<Step> {
        let mut step: Option<Step> = None;
        let mut known = IdSet::default();
        for &id in layer {
            let mut needs = self.needs(id);
            let on_path = |to: &ItemId| self.wanted.contains(to) || visited.contains(to);
            if needs.iter().any(|(_, to)| on_path(to)) {
                needs.retain(|(_, to)| on_path(to));
            }
            let Some(&(first, _)) = needs.first() else {
                continue;
            };
            let step = step.get_or_insert_with(|| Step {
                from: Vec::new(),
                via: first,
                to: Vec::new(),
                held_by: Vec::new(),
                cycle: false,
            });
            needs.retain(|(via, _)| *via == step.via);
            if !needs.is_empty() {
                step.from.push(id);
            }
            let targets = needs.iter().map(|(_, to)| *to);
            step.to.extend(targets.filter(|to| known.insert(*to)));
        }
        let mut step = step?;
        if step.via != HOLDS {
            step.held_by = self.holders(&step.to);
        }
        Some(step)
    }

    /// Who holds all of these; empty where one of them is not held.
    fn holders(&self, ids: &[ItemId]) -> Vec<ItemId> {
        let mut holders = IdSet::default();
        for id in ids {
            let needs = self.needs(*id);
            if needs.is_empty() || needs.iter().any(|(via, _)| *via != HOLDS) {
                return Vec::new();
            }
            holders.extend(needs.iter().map(|(_, holder)| *holder));
        }
        holders.into_iter().collect()
    }

    /// What has to go on before `id` does, and through what each.
    fn needs(&self, id: ItemId) -> Vec<(Via, ItemId)> {
        let index = self.index;
        let live = |to: ItemId| (index.task(to)).is_none_or(|task| task.state != TaskState::Done);
        let mut needs: Vec<(Via, ItemId)> = (index.edges_from(id).iter())
            .filter(|edge| edge.via == EdgeKind::Holds || live(edge.to))
            .map(|edge| (Via::Edge(edge.via), running_task(edge.to, index)))
            .collect();
        if needs.is_empty()
            && let Some(resource) = index.resource(id)
        {
            let holders = resource.holders.iter();
            needs.extend(holders.map(|holder| (HOLDS, running_task(*holder, index))));
        }
        if needs.is_empty()
            && let Some(wait) = index.wait(id)
        {
            match wait.resource {
                Some(resource) => needs.push((wait.kind.into(), resource)),
                None => {
                    let holders = wait.holders.iter().filter(|holder| live(**holder));
                    let path = |id: &ItemId| (wait.kind.into(), running_task(*id, index));
                    needs.extend(holders.map(path));
                }
            }
        }
        needs
    }
}
