//! A diff as the page of a recording: what is more is red, what is less is blue.

use std::io::{self, Write};

use super::{Diff, Row};
use crate::profile::Place;
use crate::profile::html::{Frame, Numbers, Reason, Recording, Stack, VERSION, write_page};

/// Writes the page. Widths are the time of the second recording, or of the first where that had
/// more. Only changes that are more than noise have a colour.
///
/// # Errors
/// Those of `out`.
pub fn write(diff: &Diff, names: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<&Row> = diff.rows.iter().chain(&diff.others).collect();
    let mut tables = Tables::default();
    let stacks: Vec<Vec<u32>> = rows.iter().map(|row| tables.stack(row)).collect();
    let stacks = rows.iter().zip(&stacks).map(|(row, frames)| {
        let wall = nanoseconds(row.change.b.seconds);
        Stack {
            frames,
            reason: row.key.reason.as_ref().map(|it| tables.reason(it)),
            state: row.key.activity.as_str(),
            group: tables.group(&row.key.group),
            event_loop: None,
            who: diff.who.as_str(),
            wall,
            before: Some(match row.change.exceeds() {
                true => nanoseconds(row.before_s),
                false => wall,
            }),
            cpu: 0,
        }
    });
    let stacks: Vec<Stack<'_>> = stacks.collect();
    let trust = |name: &str, parts: &[String]| format!("{name}: {}", parts.join("; "));
    let recording = Recording {
        version: VERSION,
        compared: Some(names[0].to_owned()),
        title: format!("{} compared with {}", names[1], names[0]),
        pid: 0,
        python: "",
        command: diff.b.title.clone(),
        began: "",
        duration_s: diff.b.duration_s,
        trust: vec![
            trust(names[0], &diff.a.trust),
            trust(names[1], &diff.b.trust),
        ],
        frames: tables.frames,
        reasons: tables.reasons,
        groups: tables.groups.into_iter().collect(),
        loops: Vec::new(),
        stacks,
        lag: Vec::new(),
        steps: Vec::new(),
        strings: tables.strings.into_iter().collect(),
    };
    write_page(&recording, out)
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// What the stacks refer to by numbers.
#[derive(Default)]
struct Tables {
    strings: Numbers<String>,
    places: Numbers<Place>,
    frames: Vec<Frame>,
    known_reasons: Numbers<crate::profile::Reason>,
    reasons: Vec<Reason>,
    groups: Numbers<usize>,
}

impl Tables {
    fn string(&mut self, text: &str) -> usize {
        match self.strings.get_index_of(text) {
            Some(at) => at,
            None => self.strings.insert_full(text.to_owned()).0,
        }
    }

    fn stack(&mut self, row: &Row) -> Vec<u32> {
        let numbers = row.places.iter().map(|place| {
            let (at, is_new) = self.places.insert_full(place.clone());
            if is_new {
                let frame = Frame {
                    name: self.string(&place.name),
                    file: place.file.as_deref().map(|file| self.string(file)),
                    line: place.line,
                    own: u8::from(!place.library),
                };
                self.frames.push(frame);
            }
            u32::try_from(at).unwrap_or(u32::MAX)
        });
        numbers.collect()
    }

    fn reason(&mut self, reason: &crate::profile::Reason) -> u32 {
        let (at, is_new) = self.known_reasons.insert_full(reason.clone());
        if is_new {
            let text = match reason.text.is_empty() {
                true => reason.kind.as_str(),
                false => &reason.text,
            };
            let text = self.string(text);
            self.reasons.push(Reason {
                kind: reason.kind.as_str(),
                text,
            });
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn group(&mut self, name: &str) -> usize {
        let string = self.string(name);
        self.groups.insert_full(string).0
    }
}
