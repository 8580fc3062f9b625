//! The formats with a track for each task or thread. `scripts/check-formats` reads them with the
//! descriptors of Perfetto and with the code of the Firefox profiler; here they are read by hand.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;

use super::*;
use crate::model::LoopState;

/// A field of a message of protocol buffers, by its wire type (protobuf.dev, encoding).
#[derive(Debug, PartialEq)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// The fields of a message, in their order.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(value)
            }
            other => panic!("wire type {other}"),
        };
        all.push((key >> 3, value));
    }
    all
}

fn number(message: &[(u64, Value<'_>)], field: u64) -> Option<u64> {
    message.iter().find_map(|(at, value)| match value {
        Value::Number(number) if *at == field => Some(*number),
        _ => None,
    })
}

fn bytes<'a>(message: &[(u64, Value<'a>)], field: u64) -> Option<&'a [u8]> {
    message.iter().find_map(|(at, value)| match value {
        Value::Bytes(bytes) if *at == field => Some(*bytes),
        _ => None,
    })
}

fn text(message: &[(u64, Value<'_>)], field: u64) -> Option<String> {
    bytes(message, field).map(|it| String::from_utf8(it.to_vec()).unwrap())
}

/// A task that waits for a timer, then for a lock, and whose loop was blocked meanwhile.
fn recorded() -> Profile {
    let with_loop = |kind: &str, age_s: Option<f64>| {
        let mut process = waiting_for(kind);
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        its_loop.iteration_s = age_s;
        its_loop.state = match age_s {
            Some(_) => LoopState::Running,
            None => LoopState::Polling,
        };
        Arc::make_mut(&mut process.tasks[0]).event_loop = Some(its_loop.id);
        process.loops.push(its_loop);
        let chain = [("main", "/srv/app.py", 30)];
        let chain = frames(&chain, FrameKind::Function);
        process
            .threads
            .push(thread("thread:7", 7, "MainThread", chain));
        process
    };
    let looks = [
        (with_loop("timer", None), 0),
        (with_loop("timer", Some(0.5)), S),
        (with_loop("lock", None), 2 * S),
    ];
    let mut profile = profile(&looks, 4 * S);
    profile.about.began_ns = 1_000 * S;
    profile
}

/// The fields of Perfetto's messages that are read here.
mod perfetto_field {
    pub(super) const PACKET: u64 = 1;
    pub(super) const TIMESTAMP: u64 = 8;
    pub(super) const TRACK_EVENT: u64 = 11;
    pub(super) const INTERNED_DATA: u64 = 12;
    pub(super) const TRACK_DESCRIPTOR: u64 = 60;
    pub(super) const EVENT_NAMES: u64 = 2;
}

#[test]
fn perfetto_has_a_track_for_each_task_with_a_slice_for_each_interval() {
    let mut out = Vec::new();
    perfetto::write(&recorded(), &mut out).unwrap();
    let (mut tracks, mut names) = (BTreeMap::new(), BTreeMap::new());
    let (mut open, mut slices, mut lags) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (field, packet) in fields(&out) {
        let Value::Bytes(packet) = packet else {
            panic!("{packet:?}");
        };
        assert_eq!(field, perfetto_field::PACKET);
        let packet = fields(packet);
        if let Some(interned) = bytes(&packet, perfetto_field::INTERNED_DATA) {
            for (field, entry) in fields(interned) {
                let (perfetto_field::EVENT_NAMES, Value::Bytes(entry)) = (field, entry) else {
                    continue;
                };
                let entry = fields(entry);
                names.insert(number(&entry, 1).unwrap(), text(&entry, 2).unwrap());
            }
        }
        if let Some(track) = bytes(&packet, perfetto_field::TRACK_DESCRIPTOR) {
            let track = fields(track);
            let thread = bytes(&track, 4).map(fields);
            let name = text(&track, 2).or_else(|| text(&thread?, 5));
            tracks.insert(number(&track, 1).unwrap(), name.unwrap_or_default());
        }
        let Some(event) = bytes(&packet, perfetto_field::TRACK_EVENT) else {
            continue;
        };
        let event = fields(event);
        let at_s = number(&packet, perfetto_field::TIMESTAMP).unwrap() as f64 / S as f64 - 1e3;
        let track = tracks[&number(&event, 11).unwrap()].clone();
        match number(&event, 9).unwrap() {
            1 => {
                let name = text(&event, 23).or_else(|| names.get(&number(&event, 10)?).cloned());
                let before = open.insert(track, (name.unwrap(), at_s));
                assert_eq!(before, None);
            }
            2 => {
                let (name, from_s) = open.remove(&track).unwrap();
                slices.push((track, name, from_s, at_s));
            }
            4 => lags.push((at_s, number(&event, 30).unwrap())),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(lags, [(0.0, 0), (1.0, S / 2), (2.0, 0)]);
    let of = |wanted: &str| -> Vec<(&str, f64, f64)> {
        let own = slices.iter().filter(|(track, ..)| track == wanted);
        own.map(|(_, name, from, to)| (name.as_str(), *from, *to))
            .collect()
    };
    assert_eq!(
        of("main task:0x10"),
        [("timer", 0.0, 1.5), ("lock: asyncio.Lock db", 1.5, 4.0)]
    );
    assert_eq!(of("loop #1 MainThread"), [("blocked", 0.5, 1.0)]);
    assert_eq!(of("MainThread").last().unwrap().2, 4.0);
}

#[test]
fn firefox_has_tasks_as_markers_of_their_loop_and_threads_with_samples() {
    let mut out = Vec::new();
    firefox::write(&recorded(), &mut out).unwrap();
    let mut json = String::new();
    GzDecoder::new(&out[..]).read_to_string(&mut json).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let threads = json["threads"].as_array().unwrap();
    let named = |name: &str| threads.iter().find(|it| it["name"] == name).unwrap();
    let weights = named("MainThread")["samples"]["weight"].as_array().unwrap();
    let weights = weights.iter().map(|it| it.as_i64().unwrap());
    assert_eq!(weights.sum::<i64>(), 4_000);
    let event_loop = named("loop #1 MainThread");
    let strings = event_loop["stringArray"].as_array().unwrap();
    let text = |value: &serde_json::Value| match value.as_u64() {
        Some(number) => strings[number as usize].as_str().unwrap().to_owned(),
        None => value.as_str().unwrap().to_owned(),
    };
    let markers = &event_loop["markers"];
    let marker = |at: usize| {
        let data = &markers["data"][at];
        (
            text(&markers["name"][at]),
            text(&data["reason"]),
            text(&data["item"]),
            markers["startTime"][at].as_f64().unwrap(),
            markers["endTime"][at].as_f64().unwrap(),
        )
    };
    let (task, lock) = ("task:0x10".to_owned(), "lock: asyncio.Lock db".to_owned());
    let own = "main".to_owned();
    assert_eq!(
        marker(0),
        (own.clone(), "timer".into(), task.clone(), 0.0, 1_500.0)
    );
    assert_eq!(marker(1), (own, lock, task, 1_500.0, 4_000.0));
    let blocked = marker(2);
    assert_eq!(
        (&*blocked.0, blocked.3, blocked.4),
        ("blocked", 500.0, 1_000.0)
    );
    let lags = json["counters"][0]["samples"]["count"].as_array().unwrap();
    let lags = lags.iter().map(|it| it.as_f64().unwrap());
    // Differences, in milliseconds.
    assert_eq!(lags.collect::<Vec<_>>(), [0.0, 500.0, -500.0]);
}
