//! Tasks grouped by coroutine.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::state::{Counts, TopState};
use super::tasks::TaskEntry;
use crate::model::WaitKind;

/// All tasks of a coroutine.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// The coroutine.
    pub coroutine: &'a ArcStr,
    /// Tasks by state.
    pub counts: Counts,
    /// Tasks that ended a moment ago.
    pub ended: usize,
    /// What most of them wait for. Empty if none waits. Where hardly two wait for the same, the kind
    /// of wait.
    pub waits_for: &'a str,
    /// Whether that is the kind.
    pub is_of_kinds: bool,
    /// How many different things they wait for.
    pub different: usize,
    /// Who holds what most of them wait for.
    pub holder: &'a str,
    /// The line at which most of them are.
    pub line: &'a str,
    /// The longest wait, and whether it is exact.
    pub longest: Option<(f64, bool)>,
    /// Part of the light looks at which one of them ran. `None` without looks.
    pub runs: Option<f64>,
    /// Steps a second, at least.
    pub steps: f64,
    /// Waits of each kind.
    kinds: FxHashMap<WaitKind, usize>,
    /// Tasks, for counting what is most frequent.
    texts: FxHashMap<(&'a str, &'a str), (usize, &'a str)>,
}

/// The tasks for which `is_shown`, by coroutine.
pub fn groups<'a>(state: &'a TopState, is_shown: &dyn Fn(&TaskEntry) -> bool) -> Vec<Group<'a>> {
    let now_s = state.now_s;
    let mut groups: FxHashMap<&ArcStr, Group<'a>> = FxHashMap::default();
    for entry in state.tasks.all().filter(|entry| is_shown(entry)) {
        let coroutine = &entry.task.coroutine;
        let group = groups.entry(coroutine).or_insert_with(|| Group {
            coroutine,
            counts: Counts::default(),
            ended: 0,
            waits_for: "",
            is_of_kinds: false,
            different: 0,
            holder: "",
            line: "",
            longest: None,
            runs: None,
            steps: 0.0,
            kinds: FxHashMap::default(),
            texts: FxHashMap::default(),
        });
        group.steps += state.tasks.steps_a_second(entry, now_s);
        if let Some(runs) = state.tasks.runs(entry, now_s) {
            *group.runs.get_or_insert(0.0) += runs;
        }
        if entry.ended_s.is_some() {
            group.ended += 1;
            continue;
        }
        group.counts.add(entry.task.state);
        if !entry.waits_for.is_empty() {
            let lasted = entry.lasted();
            if group.longest.is_none_or(|longest| longest.0 < lasted.0) {
                group.longest = Some(lasted);
            }
        }
        if let Some(wait) = &entry.task.waits_for {
            *group.kinds.entry(wait.kind).or_default() += 1;
        }
        let key = (&*entry.waits_for, &*entry.line);
        let text = group.texts.entry(key).or_insert((0, &entry.holder));
        text.0 += 1;
    }
    let mut groups: Vec<Group<'a>> = groups.into_values().collect();
    for group in &mut groups {
        group.find_most();
    }
    groups
}

impl Group<'_> {
    /// Finds what most of them wait for, and where most of them are.
    fn find_most(&mut self) {
        let most = self
            .texts
            .iter()
            .max_by_key(|(key, (count, _))| (*count, *key));
        let mut share = 0;
        if let Some(((waits_for, line), (count, holder))) = most {
            (self.waits_for, self.line, self.holder) = (*waits_for, *line, *holder);
            share = *count;
        }
        let mut waits: Vec<&str> = self.texts.keys().map(|key| key.0).collect();
        waits.retain(|text| !text.is_empty());
        waits.sort_unstable();
        waits.dedup();
        self.different = waits.len();
        let kind = self
            .kinds
            .iter()
            .max_by_key(|(kind, count)| (**count, kind.as_str()));
        if let Some((kind, count)) = kind
            && self.different > 1
            && share * 2 <= *count
        {
            (self.waits_for, self.holder) = (kind.as_str(), "");
            self.is_of_kinds = true;
        }
    }

    /// The states of its tasks: `4,982 wait, 1 run`.
    pub fn states(&self) -> String {
        let states = [
            (self.counts.running, "running", "run"),
            (self.counts.ready, "ready", "ready"),
            (self.counts.waiting, "waiting", "wait"),
            (self.ended, "ended", "ended"),
        ];
        let several = states.iter().filter(|(count, ..)| *count > 0).count() > 1;
        let words = states.iter().filter(|(count, ..)| *count > 0);
        let words: Vec<String> = words
            .map(|(count, word, verb)| match several {
                true => format!("{} {verb}", super::words::grouped(*count)),
                false => (*word).to_owned(),
            })
            .collect();
        words.join(", ")
    }
}
