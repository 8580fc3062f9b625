//! Greenlets in memory that was made by hand: layouts, states, and hostile words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Form, GREENLET, GreenletStage};
use crate::cpython::Reader;
use crate::limits::Limits;
use crate::process::{Memory, ReadCause, ReadError, ReadStats};

const TYPE: u64 = 0x10_0000;
const FRAME: u64 = 0x11_0000;
const CONTEXT: u64 = 0x12_0000;
const BASE: u64 = 0x13_0000;
const FUNCTION: u64 = 0x14_0000;
const MAIN: u64 = 0x20_0000;
const USER: u64 = 0x21_0000;
const OTHER: u64 = 0x22_0000;
const MAIN_OBJECT: u64 = 0x30_0000;
const USER_OBJECT: u64 = 0x31_0000;
const OTHER_OBJECT: u64 = 0x32_0000;
const THREAD: u64 = 0x40_0000;
const A_FRAME: u64 = 0x50_0000;
const A_CONTEXT: u64 = 0x51_0000;
const STACK: u64 = 0x7f00_0000_0000;
const COPY: u64 = 0x60_0000;

/// Memory of single words; the rest of each page that has one is zero.
#[derive(Default)]
struct Words(RefCell<BTreeMap<u64, u64>>);

impl Words {
    fn put(&self, addr: u64, word: u64) {
        self.0.borrow_mut().insert(addr, word);
    }

    fn text(&self, addr: u64, text: &str) {
        for (index, part) in text.as_bytes().chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.put(addr + 8 * index as u64, u64::from_le_bytes(word));
        }
        // The text ends.
        self.put((addr + text.len() as u64 + 8) & !7, 0);
    }
}

impl Memory for Words {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let words = self.0.borrow();
        for (at, byte) in (addr..).zip(buf.iter_mut()) {
            let page = at & !0xfff;
            if words.range(page..page + 0x1000).next().is_none() {
                return Err(ReadError {
                    addr,
                    len: 1,
                    cause: ReadCause::Unmapped,
                });
            }
            let word = words.get(&(at & !7)).copied().unwrap_or(0);
            *byte = word.to_le_bytes()[(at % 8) as usize];
        }
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        ReadStats::default()
    }
}

/// Where a version of greenlet has its words, counted from the C++ object.
#[derive(Clone, Copy)]
struct Places {
    start: u64,
    main: u64,
    thread: u64,
}

/// Rows of different versions of CPython and greenlet, as read in processes.
const VERSIONS: [Places; 4] = [
    Places {
        start: 64,
        main: 136,
        thread: 136,
    },
    Places {
        start: 48,
        main: 176,
        thread: 176,
    },
    Places {
        start: 56,
        main: 160,
        thread: 168,
    },
    Places {
        start: 56,
        main: 184,
        thread: 192,
    },
];

fn reader(words: &Words) -> Reader<'_> {
    let table = python_offsets::table("3.13", false).expect("a listed table");
    Reader::new(words, table.base().clone(), Limits::default())
}

fn put_type(words: &Words, reader: &Reader<'_>, addr: u64, name: &str, size: u64) {
    let layout = &reader.layout;
    words.put(layout.object.ob_type.at(addr), TYPE);
    words.put(layout.type_object.tp_name.at(addr), addr + 0x800);
    words.put(layout.type_object.tp_basicsize.at(addr), size);
    words.text(addr + 0x800, name);
}

/// A main greenlet and two others, of which `USER` is suspended or runs.
fn world(words: &Words, places: Places, runs: bool) {
    let reader = reader(words);
    let types = [(TYPE, "type"), (FRAME, "frame"), (FUNCTION, "function")];
    for (addr, name) in types {
        put_type(words, &reader, addr, name, 200);
    }
    put_type(words, &reader, CONTEXT, "_contextvars.Context", 40);
    put_type(words, &reader, BASE, GREENLET, 40);
    let object = |addr, ty| words.put(reader.layout.object.ob_type.at(addr), ty);
    for (greenlet, cpp) in [
        (MAIN, MAIN_OBJECT),
        (USER, USER_OBJECT),
        (OTHER, OTHER_OBJECT),
    ] {
        object(greenlet, BASE);
        words.put(greenlet + 32, cpp);
        words.put(cpp, 0x70_0000);
        words.put(cpp + 8, greenlet);
    }
    object(A_FRAME, FRAME);
    object(A_CONTEXT, CONTEXT);
    let state = |cpp: u64, state: [u64; 7]| {
        for (index, word) in (0u64..).zip(state) {
            words.put(cpp + places.start + 8 * index, word);
        }
    };
    let main = [STACK, u64::MAX, COPY, 64, 0, 0, A_FRAME];
    state(MAIN_OBJECT, main);
    let suspended = [
        STACK - 512,
        STACK,
        COPY,
        128,
        MAIN_OBJECT,
        A_CONTEXT,
        A_FRAME,
    ];
    let running = [STACK - 512, STACK, 0, 0, MAIN_OBJECT, 0, 0];
    state(USER_OBJECT, if runs { running } else { suspended });
    for cpp in [USER_OBJECT, OTHER_OBJECT] {
        words.put(cpp + places.main + 16, MAIN);
    }
    words.put(USER_OBJECT + places.main, MAIN);
    words.put(MAIN_OBJECT + places.thread, THREAD);
    words.put(THREAD, MAIN);
    words.put(THREAD + 8, if runs { USER } else { MAIN });
}

fn expected(places: Places) -> Form {
    Form::Object {
        object: 32,
        start: places.start,
        main: Some(places.main),
        thread_state: Some(places.thread),
    }
}

#[test]
fn one_suspended_greenlet_tells_where_all_fields_are() {
    for places in VERSIONS {
        let words = Words::default();
        world(&words, places, false);
        let reader = reader(&words);
        assert_eq!(reader.greenlet_form(USER), Some(expected(places)));
    }
}

#[test]
fn one_that_runs_tells_it_through_its_main_greenlet() {
    for places in VERSIONS {
        let words = Words::default();
        world(&words, places, true);
        let reader = reader(&words);
        let form = reader.greenlet_form(USER).expect("a form");
        assert_eq!(form, expected(places));
        let user = reader.greenlet(&form, USER).expect("a greenlet");
        assert_eq!(user.stage, GreenletStage::Running);
        let parents = reader.greenlet_parents(&form, USER).expect("its parents");
        let parents: Vec<u64> = parents.iter().map(|it| it.addr).collect();
        assert_eq!(parents, [MAIN]);
    }
}

#[test]
fn the_states_are_told_apart() {
    let places = VERSIONS[3];
    let words = Words::default();
    world(&words, places, false);
    let reader = reader(&words);
    let form = expected(places);
    let stage = |addr| reader.greenlet(&form, addr).map(|raw| raw.stage);
    assert_eq!(stage(USER), Ok(GreenletStage::Suspended));
    assert_eq!(stage(MAIN), Ok(GreenletStage::Running));
    assert_eq!(stage(OTHER), Ok(GreenletStage::Created));
    words.put(OTHER_OBJECT + places.start + 8, STACK);
    assert_eq!(stage(OTHER), Ok(GreenletStage::Finished));
}

#[test]
fn two_places_that_fit_are_none() {
    let words = Words::default();
    world(&words, VERSIONS[1], false);
    // A second stack state right behind the first. The main greenlet alone would tell it.
    let second = [STACK - 512, STACK, COPY, 128, 0, 0, A_FRAME];
    for object in [USER_OBJECT, MAIN_OBJECT] {
        for (index, word) in (0u64..).zip(second) {
            words.put(object + 104 + 8 * index, word);
        }
    }
    assert_eq!(reader(&words).greenlet_form(USER), None);
}

#[test]
fn a_frame_that_is_none_is_an_error_of_that_greenlet() {
    let places = VERSIONS[2];
    let words = Words::default();
    world(&words, places, false);
    words.put(USER_OBJECT + places.start + 48, A_CONTEXT);
    let reader = reader(&words);
    assert!(reader.greenlet(&expected(places), USER).is_err());
    assert!(reader.greenlet(&expected(places), MAIN).is_ok());
}

#[test]
fn parents_in_a_circle_end() {
    let places = VERSIONS[2];
    let words = Words::default();
    world(&words, places, true);
    words.put(USER_OBJECT + places.main + 16, OTHER);
    words.put(OTHER_OBJECT + places.main + 16, USER);
    let reader = reader(&words);
    let parents = reader.greenlet_parents(&expected(places), USER);
    assert!(parents.is_err());
}
