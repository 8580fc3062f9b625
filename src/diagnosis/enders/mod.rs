//! Who can end a wait: live code that still has such an operation to run, on that object.
//!
//! A task, a thread or a callback counts if the rest of its functions, or what these may
//! call, names a method that ends the wait on something that may be the object. What only
//! looks at the object (`qsize()`, `locked()`) does not count. What cannot be excluded does.

mod callables;
mod groups;
mod held;
mod interventions;
mod library;
mod loops;
mod program;
mod quiet;
mod reach;
mod reentrant;
mod signals;
mod stacks;
mod takers;
mod values;
mod wanted;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use self::groups::{Called, Group};
pub(super) use self::interventions::Cancelled;
use self::program::{Mentions, Program};
use self::reach::Reach;
pub(super) use self::signals::may_end_calls;
use self::stacks::{Entered, Stacks};
use self::wanted::{KnownFrames, Wanted};
pub(super) use self::wanted::{is_primitive, waits_directly};
use super::facts::Facts;
use super::source::Place;
use crate::model::{Framework, IdMap, IdSet, ItemId, Resource, ResourceKind};

/// Where more activities than this might end one wait, who does is not known.
const MAX_ENDERS: usize = 1_000;

/// Who can end the wait for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Enders {
    /// Each of these can.
    These(Vec<ItemId>),
    /// Something that is no part of the snapshot may.
    NotKnown,
}

/// What was found out about the waits of the program's own code.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Who can end the wait for each resource.
    pub enders: IdMap<Enders>,
    /// Resources for which no code of the program has a method that ends the wait.
    pub unnamed: IdSet,
    /// Resources for which a handler of a signal may end the wait.
    pub signalled: IdSet,
    /// Resources inside of objects of libraries. What the methods of these do was not read.
    pub in_libraries: IdSet,
    /// Who took a lock or permit by a plain `acquire()`, and has it still.
    pub holders: Vec<(ItemId, ItemId)>,
    /// Those of them who have no code left to run that gives it back.
    pub keepers: Vec<(ItemId, ItemId)>,
    /// Who may cancel tasks, and which.
    pub cancellers: Vec<(Vec<ItemId>, Cancelled)>,
    /// Tasks that may raise an error of their own.
    pub raising: Vec<ItemId>,
    /// Who may add a task to a group that raises an error.
    pub spawning: Vec<ItemId>,
    /// Who may give limiters more permits.
    pub growing: Vec<ItemId>,
    /// Who may close asynchronous generators, or take their next item.
    pub closers: Vec<ItemId>,
    /// Coroutines without a task, each with who keeps it and has code left that names it.
    pub resumers: Vec<(ItemId, ItemId)>,
    /// Who may use the pipes of a child, or end it.
    pub serving_children: Vec<ItemId>,
    /// Reentrant locks whose owners have no code left to run that gives them back.
    pub abandoned: IdSet,
    /// Whether a timer of the kernel may raise an error in the main thread.
    pub alarm_raises: bool,
}

/// Who can end each wait of the program's own code, and those inside of libraries where only
/// the program's own code runs.
pub(super) fn find(facts: &Facts<'_>, waiters: &IdMap<Vec<ItemId>>) -> Found {
    let resources = facts.process.resources.iter();
    let wanted_any = resources.clone().any(|it| waiters.contains_key(&it.id));
    // Who cancels or kills matters to waits without a resource, too.
    let ends_others =
        has_tasks_of(facts, Framework::Trio) || has_tasks_of(facts, Framework::Greenlet);
    if !wanted_any && !ends_others && facts.process.children.is_empty() {
        return Found::default();
    }
    let program = Program::new(facts);
    let mut known_frames = KnownFrames::default();
    let wanted: Vec<Wanted> = resources
        .filter_map(|resource| {
            let waiters = waiters.get(&resource.id)?;
            Wanted::new(facts, &program, resource, waiters, &mut known_frames)
        })
        .collect();
    let own = wanted.iter().filter(|it| !it.is_of_library(&program));
    let own: IdSet = own.map(|wanted| wanted.id).collect();
    let in_libraries = library::waits(facts, &program, waiters, &own);
    let search = Search::new(facts, program);
    let taken = wanted.iter().filter(|wanted| !wanted.taking.is_empty());
    let mut holders: Vec<(ItemId, ItemId)> = Vec::new();
    let mut unsure = IdSet::default();
    for wanted in taken {
        let found = search.holders(wanted);
        // Which of several hidden objects it is that somebody took is not known.
        match wanted.is_hidden && found.len() > 1 {
            true => drop(unsure.insert(wanted.id)),
            false => holders.extend(found.into_iter().map(|holder| (wanted.id, holder))),
        }
    }
    let is_held = |wanted: &Wanted| {
        let lock = facts.resource(wanted.id);
        lock.is_some_and(|lock| lock.is_held() && is_given_back_by_holder(lock))
    };
    let enders = wanted.iter().map(|wanted| match is_held(wanted) {
        _ if unsure.contains(&wanted.id) => (wanted.id, Enders::NotKnown),
        // Only who is in the block of a lock gives it back, unless other code calls its method.
        // What a plain `acquire()` took, others may give back.
        true if !search.mentions(wanted).by_name => (wanted.id, Enders::These(Vec::new())),
        _ => (wanted.id, search.enders(wanted)),
    });
    let abandoned = wanted.iter().filter(|wanted| search.is_abandoned(wanted));
    let abandoned: IdSet = abandoned.map(|wanted| wanted.id).collect();
    let of_libraries = in_libraries.iter();
    let of_libraries = of_libraries.map(|wait| (wait.id, wait.enders(&search)));
    let wanted_ids: IdSet = wanted.iter().map(|it| it.id).collect();
    let others = facts.process.resources.iter();
    let others = others.filter(|it| !wanted_ids.contains(&it.id));
    let reentrant = others.filter_map(|resource| {
        let waiters = waiters.get(&resource.id)?;
        let is_one = search.waits_for_outer_call(resource, waiters);
        is_one.then(|| (resource.id, Enders::These(Vec::new())))
    });
    let unnamed = wanted.iter().filter(|it| !search.mentions(it).any);
    let signalled = wanted.iter().filter(|it| search.is_signalled(it));
    let signalled: IdSet = signalled.map(|it| it.id).collect();
    let enders: IdMap<Enders> = enders.chain(of_libraries).chain(reentrant).collect();
    // A lock that knows its holder is given back by that one, whose code was not searched.
    let knows_holder = wanted.iter().filter(|wanted| is_held(wanted));
    let knows_holder: IdSet = knows_holder.map(|wanted| wanted.id).collect();
    let keeps = |(resource, holder): &&(ItemId, ItemId)| match enders.get(resource) {
        Some(Enders::These(found)) => !knows_holder.contains(resource) && !found.contains(holder),
        Some(Enders::NotKnown) | None => false,
    };
    let keepers: Vec<(ItemId, ItemId)> = holders.iter().filter(keeps).copied().collect();
    Found {
        enders,
        keepers,
        signalled,
        in_libraries: in_libraries.iter().map(|wait| wait.id).collect(),
        unnamed: unnamed.map(|wanted| wanted.id).collect(),
        holders,
        cancellers: search.cancellers(),
        raising: search.raising(),
        spawning: search.spawning(),
        growing: search.growing(),
        closers: search.closers(),
        serving_children: search.serving_children(),
        resumers: search.resumers(),
        abandoned,
        alarm_raises: search.alarm_raises(),
    }
}

/// Whether only its holder gives a lock back. A lock of multiprocessing notes who took it last,
/// and any thread may give it back; not if a block has it.
pub(super) fn is_given_back_by_holder(lock: &Resource) -> bool {
    lock.kind != ResourceKind::ProcessLock
        || !lock.taken_at.is_empty()
        || lock.type_name.ends_with("RLock")
}

fn has_tasks_of(facts: &Facts<'_>, framework: Framework) -> bool {
    let mut tasks = facts.live_tasks();
    tasks.any(|task| task.framework == framework)
}

/// By which ways code may end the wait for one resource.
struct Ways {
    /// How the code of the program uses the methods that end it.
    mentions: Mentions,
    /// The exit stacks that have entered it.
    stacks: Option<Stacks>,
    /// Whether functions that code takes as values end it.
    from_outside: bool,
    /// Whether functions that were given to a library end it.
    from_library: bool,
    /// Whether methods that extend those of libraries end it.
    from_inherited: bool,
}

impl Ways {
    /// Whether code with this reach may close an exit stack that has entered the resource.
    fn may_close(&self, reach: &Reach) -> bool {
        self.stacks.as_ref().is_some_and(|it| it.may_close(reach))
    }
}

/// Which activities of a group may use a method on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    None,
    /// Those that reach the resource through their variables.
    Reaching,
    All,
}

/// What the code of the program does with the methods of an object, by methods and names.
type KnownMentions = FxHashMap<(&'static [&'static str], Vec<String>), Mentions>;

struct Search<'f> {
    program: Program,
    /// All activities.
    groups: Vec<Group>,
    mentions: RefCell<KnownMentions>,
    /// What code outside of the program may call.
    outside: Called,
    /// What code of libraries may call.
    registered: Called,
    /// What methods of libraries may call of the classes that extend theirs.
    overriding: Called,
    /// What signal handlers may do.
    signals: Reach,
    /// What the interpreter calls on its own: hooks for errors, finalizers, and what writes in
    /// the place of `sys.stdout`.
    hooks: Reach,
    /// What exit stacks have entered.
    entered: Vec<Entered>,
    /// Loops that may call functions of the program which were not found.
    open_loops: Vec<ItemId>,
    facts: &'f Facts<'f>,
}

impl<'f> Search<'f> {
    fn new(facts: &'f Facts<'f>, program: Program) -> Self {
        let mut search = Self {
            groups: Vec::new(),
            mentions: RefCell::default(),
            entered: stacks::entered(&program),
            open_loops: Vec::new(),
            outside: Called::new(&program, &program.called_from_outside),
            registered: Called::new(&program, &program.registered),
            overriding: Called::new(&program, &program.overriding),
            signals: Reach::of_functions(&program, program.signal_handlers()),
            hooks: Reach::of_functions(
                &program,
                program.hooks.iter().copied().chain(program.of_streams()),
            ),
            program,
            facts,
        };
        search.hooks.add(&Reach::of_imports(&search.program));
        search.add_stacks();
        search.add_callbacks();
        search
    }

    /// Who can end the wait for `wanted`.
    fn enders(&self, wanted: &Wanted) -> Enders {
        if self.is_lost(wanted) {
            return Enders::These(Vec::new());
        }
        let ways = self.ways(wanted);
        if self.is_open(wanted, &ways) {
            return Enders::NotKnown;
        }
        let mut found: Vec<ItemId> = Vec::new();
        for group in &self.groups {
            match ways.may_close(&group.reach) {
                true => found.extend(&group.ids),
                false => self.add_enders_in(group, wanted, &ways, &mut found),
            }
            if found.len() > MAX_ENDERS {
                return Enders::NotKnown;
            }
        }
        let by_hidden_loop = self.program.hidden_loops && ways.mentions.as_value;
        if ways.from_outside || by_hidden_loop {
            found.extend(&self.open_loops);
        }
        found.extend(self.bound_callbacks(wanted));
        found.extend(self.by_callables(wanted));
        found.extend(&wanted.users);
        found.extend(&wanted.library_users);
        Enders::These(found)
    }

    /// Whether nobody who could end the wait has `wanted`, and nobody can get it. What no code ends
    /// under one of its names was made to be waited for, and for nothing else; so may be a future,
    /// unless who waits for it got it from somewhere, or gave it to somebody.
    fn is_lost(&self, wanted: &Wanted) -> bool {
        wanted.is_hidden
            && !self.program.introspects
            && self.facts.process.unshared.contains(&wanted.id)
            && match wanted.is_future {
                true => wanted.was_shared,
                false => !wanted.is_parking() && self.mentions(wanted).by_name,
            }
    }

    fn ways(&self, wanted: &Wanted) -> Ways {
        let may_use = |reach: &Called| {
            self.may_use(&reach.all, wanted, wanted.methods) != Which::None
                && (wanted.taking.is_empty() || self.gives_without_taking(reach, wanted))
        };
        Ways {
            mentions: self.mentions(wanted),
            stacks: match wanted.taking.is_empty() {
                true => None,
                false => Stacks::of(&self.entered, wanted),
            },
            from_outside: may_use(&self.outside),
            from_library: may_use(&self.registered),
            from_inherited: may_use(&self.overriding),
        }
    }

    /// Whether one of these functions gives `wanted` back and does not take it: who has to take
    /// it before ends no wait.
    fn gives_without_taking(&self, called: &Called, wanted: &Wanted) -> bool {
        let may_use = |reach, methods| self.may_use(reach, wanted, methods) != Which::None;
        let mut each = called.each(&self.program).iter();
        each.any(|reach| may_use(reach, wanted.methods) && !may_use(reach, wanted.taking))
    }

    /// Whether something that is no part of the snapshot may end the wait.
    fn is_open(&self, wanted: &Wanted, ways: &Ways) -> bool {
        let may_use = |reach| self.may_use(reach, wanted, wanted.methods) != Which::None;
        let handed_out = |stacks: &Stacks| stacks.are_handed_out(&self.program);
        let by_value = ways.from_outside || ways.mentions.as_value;
        let mut names = wanted.names.iter();
        wanted.is_parking()
            || self.program.introspects
            || wanted.is_of_library(&self.program)
            || ways.mentions.handed_out
            || self.is_signalled(wanted)
            || may_use(&self.hooks)
            || by_value && self.is_called_unseen()
            || names.any(|it| self.program.finalized.contains(it))
            || ways.stacks.as_ref().is_some_and(handed_out)
            || ways.may_close(&self.outside.all)
    }

    /// Whether a handler of a signal may end the wait.
    fn is_signalled(&self, wanted: &Wanted) -> bool {
        self.may_use(&self.signals, wanted, wanted.methods) != Which::None
    }

    /// Whether a signal, an error or the end of an object may call a function that is a value.
    fn is_called_unseen(&self) -> bool {
        let finalizes = !self.program.finalized.is_empty();
        self.signals.calls_unknown || self.hooks.calls_unknown || finalizes
    }

    /// Adds those of a group that can end the wait for `wanted`.
    fn add_enders_in(&self, group: &Group, wanted: &Wanted, ways: &Ways, found: &mut Vec<ItemId>) {
        // What is registered with a library is called while code of a library runs.
        let in_library = group.reach.calls_foreign || group.in_library;
        let unknown = match group.reach.calls_unknown {
            true if ways.from_outside => Which::All,
            _ if ways.from_library && in_library => Which::All,
            // A bound method that was stored may be called by whoever reaches the object.
            true if ways.mentions.as_value => Which::Reaching,
            // So may the methods of a class that extends one of a library, by those that it
            // inherits.
            _ if ways.from_inherited && group.reach.calls_library => Which::Reaching,
            _ => Which::None,
        };
        let ends = self
            .may_use(&group.reach, wanted, wanted.methods)
            .max(unknown);
        // Who has to take it before giving it back ends no wait. Who has it takes it only later.
        let frames = || {
            let first = group.ids.first().copied();
            first.map_or(&[][..], |id| self.facts.frames(id))
        };
        if ends == Which::None {
            return;
        }
        let takes = match self.may_use(&group.reach, wanted, wanted.taking) {
            Which::None => Which::None,
            _ if self.has_taken_in(frames(), wanted)
                || self.gives_back_pending(group, wanted)
                || self.may_give_back_first(frames(), wanted) =>
            {
                Which::None
            }
            takes => takes,
        };
        match (ends, takes) {
            (_, Which::All) | (Which::None | Which::Reaching, Which::Reaching) => {}
            (Which::Reaching | Which::None, Which::None) => found.extend(group.reaching(wanted)),
            (Which::All, Which::None) => found.extend(&group.ids),
            (Which::All, Which::Reaching) => {
                let ids = group.ids.iter();
                found.extend(ids.filter(|id| !wanted.reached_from.contains(*id)));
            }
        }
    }

    /// Whether what is on no stack gives `wanted` back and does not take it.
    fn gives_back_pending(&self, group: &Group, wanted: &Wanted) -> bool {
        let may_use = |methods| self.may_use(&group.pending, wanted, methods) != Which::None;
        may_use(wanted.methods) && !may_use(wanted.taking)
    }

    /// How the code of the program uses the methods that end the wait.
    fn mentions(&self, wanted: &Wanted) -> Mentions {
        let mut names: Vec<String> = wanted.names.iter().cloned().collect();
        names.sort_unstable();
        let mut known = self.mentions.borrow_mut();
        *known
            .entry((wanted.methods, names))
            .or_insert_with(|| self.program.mentions(wanted.methods, &wanted.names))
    }

    /// Which activities with this reach may use one of `methods` on what may be `wanted`.
    fn may_use(&self, reach: &Reach, wanted: &Wanted, methods: &[&str]) -> Which {
        let mut globals = wanted.globals.iter();
        let by_global = globals.any(|name| reach.reads_any_global || reach.names.contains(name));
        let reads_any_context = reach.reads_any_context();
        let takes = !methods.is_empty() && methods == wanted.taking;
        let elsewhere = |path| wanted.is_elsewhere(path);
        let uses = reach.operations.iter().filter_map(|operation| {
            let may_be_it = match &operation.of {
                // A method of the variable itself, and not of its value.
                Place::Named(name) if wanted.is_value_of(name) => false,
                Place::Named(name) => wanted.names.is_empty() || wanted.names.contains(name),
                Place::Got(name) if reach.knows_context(&self.program, name) => {
                    wanted.names.is_empty() || wanted.names.contains(name)
                }
                Place::Called(name) if self.program.knows_results(name) => {
                    wanted.names.is_empty() || wanted.names.contains(name)
                }
                Place::Local(_) | Place::Called(_) | Place::Got(_) | Place::Other => true,
            };
            let is_other = !wanted.taking.is_empty() && operation.is_of_new_manager();
            // That a path leads to another object is only sure of what a path leads to.
            let is_other = is_other || takes && operation.path.as_ref().is_some_and(elsewhere);
            if !may_be_it || is_other || !methods.contains(&operation.method.as_str()) {
                return None;
            }
            Some(
                match by_global || reads_any_context || wanted.is_hidden && !operation.is_bound {
                    true => Which::All,
                    false => Which::Reaching,
                },
            )
        });
        let unknown = match (
            reach.is_unknown && methods == wanted.methods,
            wanted.globals.is_empty(),
        ) {
            (false, _) => Which::None,
            (true, true) => Which::Reaching,
            (true, false) => Which::All,
        };
        uses.max().unwrap_or(Which::None).max(unknown)
    }
}
