//! Objects that are held, and timeouts: the context managers that frames have entered.

use rustc_hash::FxHashMap;

use super::frame_owners::{OwnedFrame, Owner, Owners};
use crate::cpython::{EnteredManager, Kind, RawFrame, Reader};
use crate::model::{Acquisition, Guard, GuardKind, IdMap, ItemId};
use crate::snapshot::in_use::InUse;
use crate::trio::CANCEL_SCOPE;

/// Methods that enter a context manager. It is not held until they return.
const ENTERING: [&str; 2] = ["__aenter__", "__enter__"];
/// Method of conditions that releases the lock while it waits.
const WAITING: &str = "wait";
/// Attribute of conditions with the lock that `with condition` takes
/// (Lib/threading.py, Lib/asyncio/locks.py).
const LOCK_OF_CONDITION: &str = "_lock";
/// Classes of conditions.
const CONDITIONS: [&str; 6] = [
    "asyncio.locks.Condition",
    "threading.Condition",
    "multiprocessing.synchronize.Condition",
    "trio.Condition",
    "anyio._core._synchronization.Condition",
    // The package gives its public classes its own name (anyio/__init__.py).
    "anyio.Condition",
];
/// Attributes with the deadline of a timeout, in `loop.time()`: `asyncio.Timeout`
/// (Lib/asyncio/timeouts.py), `anyio.CancelScope`, `async_timeout.Timeout`.
const DEADLINES: [&str; 2] = ["_when", "_deadline"];
/// Variable of `asyncio.wait_for` and `asyncio.wait` that holds their timer
/// (Lib/asyncio/tasks.py).
const TIMER_VARIABLE: &str = "timeout_handle";

/// Base class of exit stacks, and its attribute with what they leave (Lib/contextlib.py).
const EXIT_STACK: &str = "contextlib._BaseExitStack";
const EXIT_CALLBACKS: &str = "_exit_callbacks";

/// Maximum number of generators over which one task or thread iterates.
const MAX_GENERATORS: usize = 64;

/// The context managers that tasks, threads and coroutines have entered.
#[derive(Debug, Default)]
pub struct Held {
    /// Holders by the address of the held object.
    by_object: FxHashMap<u64, Vec<Acquisition>>,
    /// Context managers of classes in Python by the id of the task or thread inside them.
    managers: IdMap<Vec<u64>>,
    /// Generators of entered context managers, and those over which a loop runs, by the id of
    /// the task or thread.
    generators: IdMap<Vec<u64>>,
    /// Timeouts by the id of the task or thread inside them.
    pub guards: FxHashMap<ItemId, Vec<Guard>>,
}

impl Held {
    /// Reads the frames of all `owners`. `now` is `loop.time()` in seconds.
    ///
    /// Adds to `in_use` the generators of the frames, of entered context managers, and of
    /// running `for` loops.
    pub fn read(
        reader: &Reader<'_>,
        owners: &Owners<'_>,
        now: f64,
        in_use: &mut InUse<'_>,
    ) -> Self {
        let mut held = Self::default();
        owners.visit(&mut |owner| {
            for (index, owned) in owner.frames.iter().enumerate() {
                in_use.extend(owned.generator);
                held.add_frame(reader, owner, index, now, in_use);
            }
        });
        held
    }

    /// Adds the managers that the frame at `index` has entered.
    fn add_frame(
        &mut self,
        reader: &Reader<'_>,
        owner: &Owner<'_>,
        index: usize,
        now: f64,
        in_use: &mut InUse<'_>,
    ) {
        let owned = &owner.frames[index];
        if !owned.executing && matches!(reader.only_awaits(owned.frame), Ok(true)) {
            self.add_timer(reader, owner, owned, now);
            return;
        }
        // If a frame cannot be read, only its own managers are missing.
        let entered = reader
            .entered_managers(owned.frame, owned.executing)
            .unwrap_or_default();
        for entered in entered {
            let manager = entered.manager;
            if let Ok(Some(generator)) = reader.attribute_object(manager, "gen") {
                in_use.insert(generator);
                self.generators.entry(owner.id).or_default().push(generator);
            }
            self.add_deadline(reader, owner.id, &owned.frame.at.code.name, manager, now);
            let inner = &owner.frames[..index];
            // The same manager may be entered again further down in the function.
            let line = reader.frame_position(owned.frame).line;
            let enters_here = entered.line.is_none() || entered.line == line;
            if enters_here && is_entering(reader, inner, manager)
                || has_released(reader, inner, manager)
            {
                continue;
            }
            if reader.type_of(manager).is_ok_and(|ty| ty.is_heap()) {
                self.managers.entry(owner.id).or_default().push(manager);
            }
            let taken = taken(reader, owner, index, &entered);
            for object in held_objects(reader, manager) {
                let holders = self.by_object.entry(object).or_default();
                if !holders.contains(&taken) {
                    holders.push(taken.clone());
                }
            }
        }
        let on_stack = reader.stack_generators(owned.frame, owned.executing);
        self.add_generators(reader, owner.id, on_stack, !owned.executing, in_use);
        self.add_timer(reader, owner, owned, now);
    }

    /// Adds generators over which the owner iterates, with what they have entered: they leave
    /// it when it lets them go on. `proved` says that the owner alone has them.
    fn add_generators(
        &mut self,
        reader: &Reader<'_>,
        owner: ItemId,
        found: Vec<u64>,
        proved: bool,
        in_use: &mut InUse<'_>,
    ) {
        let mut open = found;
        while let Some(generator) = open.pop() {
            let known = self.generators.entry(owner).or_default();
            if known.len() >= MAX_GENERATORS || known.contains(&generator) {
                continue;
            }
            known.push(generator);
            in_use.insert(generator);
            let Some(frame) = reader.suspended_frame(generator) else {
                continue;
            };
            for entered in reader.entered_managers(&frame, false).unwrap_or_default() {
                let manager = entered.manager;
                if reader.type_of(manager).is_ok_and(|ty| ty.is_heap()) {
                    self.managers.entry(owner).or_default().push(manager);
                }
                let taken = Acquisition {
                    by: owner,
                    function: reader.shared(&entered.frame.at.code.name),
                    file: Some(reader.shared(&entered.frame.at.code.filename)),
                    line: entered.line,
                };
                let objects = held_objects(reader, manager).into_iter();
                for object in objects.filter(|_| proved) {
                    let holders = self.by_object.entry(object).or_default();
                    if !holders.contains(&taken) {
                        holders.push(taken.clone());
                    }
                }
            }
            open.extend(reader.stack_generators(&frame, false));
        }
    }

    /// Adds the timer of a library function that waits with a timeout.
    fn add_timer(
        &mut self,
        reader: &Reader<'_>,
        owner: &Owner<'_>,
        owned: &OwnedFrame<'_>,
        now: f64,
    ) {
        if owned.library
            && let Ok(Some(handle)) = reader.frame_variable(owned.frame, TIMER_VARIABLE)
            && let Ok(Some(when)) = reader.attribute_object(handle, "_when")
            && let Ok(when) = reader.float(when)
        {
            self.add_guard(owner.id, GuardKind::WaitFor, when - now);
        }
    }

    /// Adds the deadline of `manager`, if it is a timeout.
    fn add_deadline(
        &mut self,
        reader: &Reader<'_>,
        owner: ItemId,
        function: &str,
        manager: u64,
        now: f64,
    ) {
        // Its clock is another one; its tasks have their guards from it.
        if reader.is_instance(manager, CANCEL_SCOPE) {
            return;
        }
        let Some(deadline) = reader.first_attribute(manager, &DEADLINES) else {
            return;
        };
        let Ok(deadline) = reader.float(deadline) else {
            return;
        };
        let is_scope = reader
            .type_of(manager)
            .is_ok_and(|ty| ty.name.ends_with("Scope"));
        let kind = match (function, is_scope) {
            ("wait_for", _) => GuardKind::WaitFor,
            (_, true) => GuardKind::CancelScope,
            (_, false) => GuardKind::Timeout,
        };
        self.add_guard(owner, kind, deadline - now);
    }

    /// Adds a timer that ends the wait of `owner` in `left` seconds.
    pub fn add_guard(&mut self, owner: ItemId, kind: GuardKind, left: f64) {
        if left.is_finite() {
            let guards = self.guards.entry(owner).or_default();
            guards.push(Guard {
                kind,
                remaining_s: left,
            });
        }
    }

    /// Adds the objects and timeouts of other owners.
    pub fn merge(&mut self, other: Self) {
        for (object, taken) in other.by_object {
            self.by_object.entry(object).or_default().extend(taken);
        }
        self.guards.extend(other.guards);
        self.managers.extend(other.managers);
        self.generators.extend(other.generators);
    }

    /// The holders of the object at `addr`, and where they took it.
    pub fn holders(&self, addr: u64) -> &[Acquisition] {
        self.by_object.get(&addr).map_or(&[], Vec::as_slice)
    }

    /// Addresses of the context managers that the owner of frames has entered.
    pub fn managers(&self, owner: ItemId) -> &[u64] {
        self.managers.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// Addresses of the generators that the owner of frames will let go on.
    pub fn generators(&self, owner: ItemId) -> &[u64] {
        self.generators.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// Who has entered context managers, or iterates over generators.
    pub fn with_pending_code(&self) -> impl Iterator<Item = ItemId> {
        let more = self.generators.keys();
        let more = more.filter(|id| !self.managers.contains_key(*id));
        self.managers.keys().chain(more).copied()
    }

    /// Addresses of all held objects.
    pub fn objects(&self) -> impl Iterator<Item = u64> {
        self.by_object.keys().copied()
    }
}

/// Where the owner entered a manager, which the frame at `index` did. If that is library
/// code, this is the nearest outer frame of the program's own code.
fn taken(
    reader: &Reader<'_>,
    owner: &Owner<'_>,
    index: usize,
    entered: &EnteredManager,
) -> Acquisition {
    let taken = |frame: &RawFrame, line: Option<u32>| Acquisition {
        by: owner.id,
        function: reader.shared(&frame.at.code.name),
        file: Some(reader.shared(&frame.at.code.filename)),
        line: line.or_else(|| reader.frame_position(frame).line),
    };
    let mut outer = owner.frames[index..].iter();
    match outer.find(|owned| !owned.library) {
        Some(user) if owner.frames[index].library => taken(user.frame, None),
        _ => taken(&entered.frame, entered.line),
    }
}

/// Addresses of the objects that are held inside `manager`.
fn held_objects(reader: &Reader<'_>, manager: u64) -> Vec<u64> {
    let mut objects = vec![manager];
    let is_condition = CONDITIONS
        .iter()
        .any(|class| reader.is_instance(manager, class));
    if is_condition && let Ok(Some(lock)) = reader.attribute_object(manager, LOCK_OF_CONDITION) {
        objects.push(lock);
    }
    if reader.is_instance(manager, EXIT_STACK)
        && let Ok(Some(callbacks)) = reader.attribute_object(manager, EXIT_CALLBACKS)
        && let Ok((entries, _)) = reader.deque_items(callbacks, reader.limits.value_items)
    {
        let inner = entries
            .into_iter()
            .flat_map(|entry| in_exit_stack(reader, entry));
        objects.extend(inner);
    }
    objects
}

/// Addresses of what an entry of an exit stack will leave: `(is_sync, callback)`. The
/// callback is a method of a manager, or a function around what `callback()` was given
/// (Lib/contextlib.py).
fn in_exit_stack(reader: &Reader<'_>, entry: u64) -> Vec<u64> {
    let callback = match reader.tuple_items(entry, 2).map(|(pair, _)| pair) {
        Ok(pair) if pair.len() == 2 => pair[1],
        _ => entry,
    };
    let mut held = Vec::new();
    for object in reader.bound_objects(callback) {
        held.push(object);
        held.extend(reader.bound_to(object));
    }
    held
}

/// Whether the owner is still entering `manager`. `inner` has its inner frames.
fn is_entering(reader: &Reader<'_>, inner: &[OwnedFrame<'_>], manager: u64) -> bool {
    inner.last().is_some_and(|next| {
        ENTERING.contains(&&*next.frame.at.code.name)
            && matches!(reader.receiver(next.frame), Ok(Some(receiver)) if receiver == manager)
    })
}

/// Whether the owner waits in `wait` of the condition `manager`, which has released its
/// lock. `inner` has its inner frames.
fn has_released(reader: &Reader<'_>, inner: &[OwnedFrame<'_>], manager: u64) -> bool {
    inner.iter().any(|next| {
        &*next.frame.at.code.name == WAITING
            && matches!(reader.receiver(next.frame), Ok(Some(receiver)) if receiver == manager)
    })
}

impl Reader<'_> {
    /// Addresses of the generators on the value stack of a frame, over which its `for` and
    /// `async for` loops iterate. For an executing frame also those that remain in the slots
    /// for its stack.
    fn stack_generators(&self, frame: &RawFrame, executing: bool) -> Vec<u64> {
        let values = self.stack_values(frame, executing).unwrap_or_default();
        let mut values: Vec<u64> = values.into_iter().flatten().collect();
        if executing {
            let slots = self.stack_slots(frame).into_iter();
            values.extend(slots.filter(|value| self.suspended_frame(*value).is_some()));
        }
        values.retain(|value| {
            self.type_of(*value)
                .is_ok_and(|ty| matches!(ty.exact, Kind::AsyncGenerator | Kind::Generator))
        });
        values
    }
}
