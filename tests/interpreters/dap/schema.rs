//! Checks every message against the protocol's own JSON schema, without unknown fields.
//!
//! The schema is not ours to copy. It is looked for in `../shared/dap` beside
//! the project, and in the debugpy packages of the interpreters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::{env, fs};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::support::legs;

/// Where another copy of the schema may be named.
const VARIABLE: &str = "DAPPER_ATTACH_DAP_SCHEMA";
const BESIDE: &str = "../shared/dap/debugAdapterProtocol.json";
const IN_DEBUGPY: &str =
    "debugpy/_vendored/pydevd/_pydevd_bundle/_debug_adapter/debugProtocol.json";

/// The protocol's definitions, made strict.
pub struct Schema {
    definitions: Map<String, Value>,
    validators: Mutex<BTreeMap<String, &'static Validator>>,
}

/// The schema, or why there is none.
pub fn schema() -> Result<&'static Schema, &'static str> {
    static SCHEMA: OnceLock<Result<Schema, String>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| Schema::read(&find()?));
    schema.as_ref().map_err(String::as_str)
}

fn find() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join(BESIDE);
    let manifest = legs::manifest()?;
    let packages = manifest
        .legs
        .iter()
        .filter_map(|leg| leg.site_packages.as_ref());
    let candidates = packages.map(|packages| packages.join(IN_DEBUGPY));
    let mut candidates = std::iter::once(beside).chain(candidates);
    candidates.find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "no JSON schema of the protocol: neither {BESIDE} nor a debugpy package, nor {VARIABLE}"
        )
    })
}

impl Schema {
    fn read(path: &Path) -> Result<Self, String> {
        let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| complain(&error))?;
        let whole: Value = serde_json::from_str(&text).map_err(|error| complain(&error))?;
        let all = whole["definitions"]
            .as_object()
            .ok_or_else(|| complain(&"no definitions"))?;
        let strict = |(name, definition)| (String::clone(name), strict(definition, all));
        Ok(Self {
            definitions: all.iter().map(strict).collect(),
            validators: Mutex::default(),
        })
    }

    /// Violations of the schema in a message of the adapter.
    pub fn check(&self, message: &Value) -> Result<(), String> {
        let name = self.definition_of(message)?;
        let errors: Vec<String> = (self.validator(&name)?.iter_errors(message))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(format!("{message} is no {name}: {}", errors.join("; "))),
        }
    }

    /// `AttachResponse`, `StoppedEvent`, `ErrorResponse`: what the message claims to be.
    fn definition_of(&self, message: &Value) -> Result<String, String> {
        let text = |key: &str| message[key].as_str().unwrap_or_default();
        let name = match text("type") {
            "event" => format!("{}Event", capital(text("event"))),
            "response" if message["success"] == false => "ErrorResponse".to_owned(),
            "response" if text("command").starts_with("dapper/") => "Response".to_owned(),
            "response" => format!("{}Response", capital(text("command"))),
            _ => return Err(format!("neither event nor response: {message}")),
        };
        match self.definitions.contains_key(&name) {
            true => Ok(name),
            false => Err(format!("the protocol has no {name}: {message}")),
        }
    }

    fn validator(&self, name: &str) -> Result<&'static Validator, String> {
        let mut validators = self.validators.lock().map_err(|error| error.to_string())?;
        if let Some(validator) = validators.get(name) {
            return Ok(validator);
        }
        let root = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "$ref": format!("#/definitions/{name}"),
            "definitions": self.definitions,
        });
        let validator = jsonschema::draft4::new(&root).map_err(|error| error.to_string())?;
        // One for each kind of message, for as long as the tests run.
        let validator: &Validator = Box::leak(Box::new(validator));
        validators.insert(name.to_owned(), validator);
        Ok(validator)
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The definition with its bases merged in, that knows only its own properties.
fn strict(definition: &Value, all: &Map<String, Value>) -> Value {
    let mut merged = Map::new();
    merge(&mut merged, definition, all);
    for part in merged.values_mut() {
        strict_inside(part, all);
    }
    if merged.contains_key("properties") && !merged.contains_key("additionalProperties") {
        merged.insert("additionalProperties".into(), false.into());
    }
    Value::Object(merged)
}

/// The definitions that stand within another one.
fn strict_inside(value: &mut Value, all: &Map<String, Value>) {
    match value {
        Value::Object(fields)
            if fields.contains_key("properties") || fields.contains_key("allOf") =>
        {
            *value = strict(value, all);
        }
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| strict_inside(field, all)),
        Value::Array(items) => items.iter_mut().for_each(|item| strict_inside(item, all)),
        _ => {}
    }
}

/// Adds what a definition, and what it is made of, says; the later wins.
fn merge(into: &mut Map<String, Value>, definition: &Value, all: &Map<String, Value>) {
    let Some(fields) = definition.as_object() else {
        return;
    };
    for part in fields
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let referred = part["$ref"]
            .as_str()
            .and_then(|name| name.rsplit('/').next());
        match referred.and_then(|name| all.get(name)) {
            Some(base) => merge(into, base, all),
            None => merge(into, part, all),
        }
    }
    for (key, value) in fields.iter().filter(|(key, _)| *key != "allOf") {
        match (into.get_mut(key), value) {
            (Some(Value::Object(before)), Value::Object(now)) if key == "properties" => {
                before.extend(now.clone());
            }
            (Some(Value::Array(before)), Value::Array(now)) if key == "required" => {
                before.extend(now.iter().cloned());
                before.sort_by_key(ToString::to_string);
                before.dedup();
            }
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The check itself refuses wrong messages.
pub fn refuses_what_is_wrong() -> Result<(), String> {
    let schema = schema()?;
    let good = json!({
        "seq": 1, "type": "response", "request_seq": 1, "success": true, "command": "stackTrace",
        "body": { "totalFrames": 1, "stackFrames": [{
            "id": 1, "name": "f", "line": 1, "column": 1, "presentationHint": "subtle",
            "source": { "name": "a.py", "path": "/a.py", "sources": [{ "name": "b.py" }] },
        }]},
    });
    schema.check(&good)?;
    let changes: [(&str, Value); 8] = [
        ("/body/totalFrames", json!("1")),
        ("/body/more", json!(1)),
        ("/body/stackFrames/0/lines", json!(1)),
        ("/body/stackFrames/0/id", Value::Null),
        ("/body/stackFrames/0/presentationHint", json!("subtile")),
        ("/body/stackFrames/0/source/sources/0/nmae", json!("b")),
        ("/more", json!(1)),
        ("/command", json!("stackTrade")),
    ];
    for (pointer, value) in changes {
        let mut wrong = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        wrong.pointer_mut(parent).ok_or(pointer)?[key] = value;
        if schema.check(&wrong).is_ok() {
            return Err(format!("a message with another {pointer} is accepted"));
        }
    }
    Ok(())
}
