//! Compares local variables with the values that the program expects.

use serde_json::Value;

use super::compare::Mismatches;
use super::{snapshot, truth};

/// Largest number of characters of a value.
const LONGEST: usize = 20_000;

/// Compares the locals of one frame of one task.
pub fn frame(process: &snapshot::Process, expected: &truth::Locals) -> Vec<String> {
    let subject = format!("locals of {}", expected.function);
    let mut mismatches = Mismatches::of(&subject);
    let task = process.tasks.iter().find(|task| task.id == expected.task);
    let frame = task.and_then(|task| {
        task.frames
            .iter()
            .find(|frame| frame.function == expected.function)
    });
    let Some(locals) = frame.and_then(|frame| frame.locals.as_deref()) else {
        mismatches.add("the frame, or its locals, are missing");
        return mismatches.found;
    };
    for (name, expected) in &expected.values {
        let ours = locals.iter().find(|local| local.name == *name);
        mismatches
            .found
            .append(&mut one(&format!("{subject}, {name}"), ours, expected));
    }
    mismatches.found
}

fn one(subject: &str, ours: Option<&snapshot::Local>, expected: &truth::Expected) -> Vec<String> {
    let mut mismatches = Mismatches::of(subject);
    let Some(ours) = ours else {
        if expected.mode != "absent" {
            mismatches.add("missing");
        }
        return mismatches.found;
    };
    if expected.mode == "absent" {
        mismatches.add(&format!("is unbound, but ours has {:?}", ours.value));
        return mismatches.found;
    }
    if let Some(type_name) = &expected.type_name
        && !same_type(&ours.type_name, type_name)
    {
        mismatches.equal("type", &ours.type_name, type_name);
    }
    if ours.value.len() > LONGEST {
        mismatches.add(&format!("a value of {} bytes", ours.value.len()));
    }
    let matches = match (&*expected.mode, &expected.value) {
        ("repr", Value::String(text)) => ours.value == *text,
        ("starts", Value::String(text)) => ours.value.starts_with(&**text),
        ("contains", Value::Array(words)) => words
            .iter()
            .filter_map(Value::as_str)
            .all(|word| ours.value.contains(word)),
        ("type", _) => !ours.value.is_empty(),
        (mode, value) => panic!("{subject}: mode {mode} with {value}"),
    };
    if !matches {
        let start: String = ours.value.chars().take(200).collect();
        mismatches.add(&format!(
            "ours {start:?}, truth {} {}",
            expected.mode, expected.value
        ));
    }
    mismatches.found
}

/// A type may be given by its full name or its last part, and without `builtins`.
fn same_type(ours: &str, truth: &str) -> bool {
    ours == truth
        || truth.strip_prefix("builtins.") == Some(ours)
        || truth.rsplit('.').next() == Some(ours)
}
