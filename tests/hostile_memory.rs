//! Every decoder over memory that is noise: torn, corrupt or made by an enemy.
//! Nothing may panic, hang or grow without bound.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

use std::cell::Cell;

use dapper_attach::activity::python_frames;
use dapper_attach::asyncio::wait_table::{COROUTINE_WAITS, THREAD_WAITS};
use dapper_attach::asyncio::{FoundIn, Outer, find_tasks, scan_heap, search_heap};
use dapper_attach::cpython::{Interpreter, Reader};
use dapper_attach::greenlet::{Form, GreenletLinks};
use dapper_attach::limits::Limits;
use dapper_attach::process::{Memory, ReadCause, ReadError, ReadStats};
use proptest::prelude::*;
use python_offsets::Layout;

/// Addresses from here on are mapped: what points anywhere points in here.
const BASE: u64 = 0x7000_0000_0000;
const SIZE: u64 = 1 << 16;

/// Types lie behind the noise, so that decoders for every kind are entered.
const TYPES: u64 = BASE + SIZE;
const TYPE_SIZE: u64 = 1024;
const TYPE_NAME_AT: u64 = 1000;
const TYPE_NAMES: [&str; 39] = [
    "type",
    "NoneType",
    "bool",
    "int",
    "float",
    "str",
    "bytes",
    "tuple",
    "list",
    "dict",
    "set",
    "collections.deque",
    "coroutine",
    "generator",
    "async_generator",
    "coroutine_wrapper",
    "_asyncio.FutureIter",
    "_asyncio.Future",
    "_asyncio.Task",
    "TaskWakeupMethWrapper",
    "_RunningLoopHolder",
    "method",
    "function",
    "member_descriptor",
    "functools.partial",
    "weakref",
    "cell",
    "module",
    "code",
    "frame",
    "traceback",
    "BaseException",
    "range",
    "greenlet.greenlet",
    "gevent._gevent_c_abstract_linkable.AbstractLinkable",
    "gevent._gevent_cqueue.Queue",
    "gevent._gevent_c_waiter.Waiter",
    "gevent.libev.corecext.io",
    "Other",
];
/// `Py_TPFLAGS_HEAPTYPE`, managed dict, inline values.
const CLASS_FLAGS: u64 = 1 << 9 | 1 << 4 | 1 << 2;

/// Memory in which each word is chosen by a hash of its address: an address in
/// the mapped range, the address of a type, a small number, or anything.
struct Noise {
    seed: u64,
    /// Of 256 words, so many are addresses.
    pointers: u64,
    types: Vec<u8>,
    reads: Cell<u64>,
    /// Types that were decoded as what they are.
    known: Cell<u64>,
}

impl Noise {
    fn new(seed: u64, pointers: u64, layout: &Layout) -> Self {
        let mut types = vec![0; TYPE_NAMES.len() * TYPE_SIZE as usize];
        for (index, name) in TYPE_NAMES.iter().enumerate() {
            let start = index * TYPE_SIZE as usize;
            let mut put = |offset: u64, value: u64| {
                let at = start + offset as usize;
                types[at..at + 8].copy_from_slice(&value.to_le_bytes());
            };
            let fields = &layout.type_object;
            let addr = TYPES + start as u64;
            put(layout.object.ob_type.into(), TYPES);
            put(fields.tp_name.into(), addr + TYPE_NAME_AT);
            put(fields.tp_basicsize.into(), 200);
            put(fields.tp_dictoffset.into(), 48);
            if *name == "Other" {
                put(fields.tp_flags.into(), CLASS_FLAGS);
                put(fields.tp_dict.into(), BASE + 64);
                put(fields.ht_cached_keys.into(), BASE + 512);
            }
            let at = start + TYPE_NAME_AT as usize;
            types[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        Self {
            seed,
            pointers,
            types,
            reads: Cell::new(0),
            known: Cell::new(0),
        }
    }

    fn word(&self, at: u64) -> u64 {
        let mut hash = (at ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
        hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^= hash >> 32;
        match hash & 0xff {
            kind if kind < self.pointers / 2 => {
                TYPES + (hash >> 8) % TYPE_NAMES.len() as u64 * TYPE_SIZE
            }
            kind if kind < self.pointers => BASE + (((hash >> 8) % SIZE) & !7),
            kind if kind < 224 => (hash >> 8) % 40,
            kind if kind < 240 => u64::MAX - (hash >> 60),
            _ => hash,
        }
    }
}

impl Memory for Noise {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        let end = addr.checked_add(buf.len() as u64);
        if let Some(offset) = addr.checked_sub(TYPES)
            && let Some(bytes) = self.types.get(offset as usize..)
            && let Some(bytes) = bytes.get(..buf.len())
        {
            self.known.set(self.known.get() + 1);
            buf.copy_from_slice(bytes);
            return Ok(());
        }
        if addr < BASE || end.is_none_or(|end| end > BASE + SIZE) {
            return Err(ReadError {
                addr,
                len: buf.len(),
                cause: ReadCause::Unmapped,
            });
        }
        for (index, byte) in buf.iter_mut().enumerate() {
            let at = addr + index as u64;
            *byte = self.word(at & !7).to_le_bytes()[(at % 8) as usize];
        }
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        ReadStats::default()
    }
}

/// Small enough that one case ends quickly, large enough to go around cycles.
fn limits() -> Limits {
    Limits {
        threads: 20,
        tasks: 50,
        frames: 50,
        items: 50,
        table: 2_000,
        gc_objects: 200,
        value_items: 10,
        ..Limits::default()
    }
}

/// A form whose fields the noise has somewhere.
fn noisy_form() -> Form {
    Form::Object {
        object: 32,
        start: 56,
        main: Some(168),
        thread_state: Some(176),
    }
}

fn decode_everything(reader: &Reader<'_>, objects: &[u64]) {
    let _ = reader.interpreters(BASE);
    for object in objects {
        let _ = reader.type_of(*object).map(|ty| reader.full_type_name(&ty));
        let _ = reader.value(*object).to_string();
        let _ = reader.attributes(*object);
        let _ = reader.task(*object);
        let _ = reader.event_loop(*object);
        // The rest takes addresses that have been checked to be some.
        if *object < BASE || *object >= BASE + SIZE {
            continue;
        }
        let stack = reader.thread_stack(*object);
        for frame in &stack.frames {
            let _ = reader.entered_managers(frame, true);
            let _ = reader.entered_managers(frame, false);
            let _ = reader.receiver(frame);
            let _ = reader.frame_module(frame);
        }
        let _ = reader.innermost_wait(stack.frames.iter(), THREAD_WAITS);
        let _ = reader.parts(*object);
        let _ = reader.loop_handles(*object);
        let _ = reader.lock_of_futex(*object, objects);
        let _ = reader.thread_lock_held(*object);
        let _ = reader.rlock_owner(*object);
        let _ = reader.queue_items(*object);
        let _ = reader.descriptor_of(*object);
        let _ = reader.gathered(*object);
        let _ = reader.concurrent_source(*object);
        let _ = reader.traceback_frames(*object);
        let _ = reader.running_loop(*object);
        let _ = reader.closure(*object);
        let _ = reader.dict_items(*object, 50);
        let _ = reader.set_items(*object, 50);
        let _ = reader.deque_items(*object, 50);
        let interpreter = Interpreter {
            addr: *object,
            id: 0,
            threads: Vec::new(),
            error: None,
        };
        let _ = find_tasks(reader, &interpreter, objects, FoundIn::InMemory);
        let _ = search_heap(reader, BASE, &interpreter);
        let ranges = [(BASE, SIZE as usize)];
        let _ = scan_heap(reader, BASE, &interpreter, reader.memory(), &ranges);
        let _ = reader.subclasses(*object);
        let _ = reader.is_tracked(*object);
        let _ = reader.greenlet_types(*object);
        let plain = Form::Plain { start: 16 };
        let form = reader.greenlet_form(*object);
        for form in form.into_iter().chain([plain, noisy_form()]) {
            let form = reader.completed(form, *object);
            if let Ok(greenlet) = reader.greenlet(&form, *object) {
                let _ = reader.greenlet_stack(&greenlet);
            }
            let _ = reader.greenlet_parents(&form, *object);
            let _ = reader.is_live_greenlet(&form, *object);
        }
        GreenletLinks::read(reader, &[(*object, true)], &[*object]);
    }
    let coroutines: Vec<Option<u64>> = objects.iter().copied().map(Some).collect();
    for chain in reader.chains(&coroutines) {
        let _ = reader.innermost_wait(python_frames(&chain.frames), COROUTINE_WAITS);
        for frame in python_frames(&chain.frames) {
            if let Ok(Some(receiver)) = reader.method_receiver(frame)
                && let Some(Outer::Pool(pool)) = reader.outer(receiver)
            {
                let _ = reader.pool_waits_on(pool, &[receiver]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn noise_is_decoded_to_errors_within_bounds(
        seed: u64,
        pointers in 64_u64..220,
        objects in prop::collection::vec(any::<u64>(), 40..80),
    ) {
        let mut objects: Vec<u64> = objects;
        for (index, object) in objects.iter_mut().enumerate() {
            // Some addresses stay as wild as they are.
            if index % 3 != 2 {
                *object = BASE + ((*object % SIZE) & !7);
            }
        }
        let mut decoded = 0;
        for minor in python_offsets::minors() {
            let free_threaded = minor.ends_with('t');
            let table = python_offsets::table(minor.trim_end_matches('t'), free_threaded);
            let layout = table.expect("a listed table").base().clone();
            let noise = Noise::new(seed, pointers, &layout);
            let reader = Reader::new(&noise, layout, limits());
            decode_everything(&reader, &objects);
            decoded += noise.known.get();
            prop_assert!(noise.reads.get() < 5_000_000, "{minor}: {} reads", noise.reads.get());
        }
        prop_assert!(decoded > 0, "no type was ever decoded: this tests nothing");
    }
}
