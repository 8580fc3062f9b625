//! Variables: pages, groups, formats, cycles, and values that changed after the stop.

use serde_json::{Value, json};

use super::adapter::Way;
use super::asking::{Frame, Scope, Variable, named, program, with};
use super::client::Client;
use super::comparing::ungrouped;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::{Target, programs};
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 8] = [
    ("values_long_list_in_pages", long_list),
    ("values_private_members_in_groups", private_members),
    ("values_cycle_can_be_followed", cycle),
    ("values_full_text_on_request", full_text),
    ("values_hexadecimal", hexadecimal),
    ("values_column_in_utf16", column),
    (
        "values_as_the_client_counts_and_knows",
        client_without_types,
    ),
    ("values_changed_since_say_so", changed_since),
];

/// A session, and the frame that has all the values.
struct Shown {
    client: Client,
    frame: Frame,
    locals: Vec<Variable>,
    _target: Target,
}

fn shown(leg: &Leg) -> Result<Shown, String> {
    let target = program(leg, "dap_values.py", &[])?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let frame = client.frame("Task: show", "show")?;
    let locals = client.scope(frame.id, "Locals")?;
    Ok(Shown {
        client,
        frame,
        locals,
        _target: target,
    })
}

fn long_list(leg: &Leg) -> Outcome {
    let Shown {
        mut client,
        locals,
        frame,
        _target,
    } = shown(leg)?;
    let row = named(&locals, "long_list")?;
    ensure(row.indexed_variables == Some(1000), || format!("{row:?}"))?;
    let whole = client.variables(row.variables_reference)?;
    let items: Vec<&Variable> = whole.iter().filter(|item| !item.is_group()).collect();
    ensure(items.len() == 1000, || format!("{} items", items.len()))?;
    let arguments = json!({
        "variablesReference": row.variables_reference, "filter": "indexed", "start": 100, "count": 10,
    });
    let page = client.some_variables(&arguments)?;
    let values: Vec<&str> = page.iter().map(|item| &*item.value).collect();
    let expected = [
        "100", "101", "102", "103", "104", "105", "106", "107", "108", "109",
    ];
    ensure(values == expected, || format!("{page:?}"))?;
    let item = &page[5];
    ensure(
        item.name == "105" && item.evaluate_name.as_deref() == Some("long_list[105]"),
        || format!("{item:?}"),
    )?;
    let value = client.evaluate(frame.id, "long_list[105]")?;
    ensure(value == "105", || value.clone())?;
    let beyond = with(arguments, &json!({ "start": 995, "count": 100 }));
    let page = client.some_variables(&beyond)?;
    ensure(page.len() == 5, || format!("{page:?}"))
}

fn private_members(leg: &Leg) -> Outcome {
    let Shown {
        mut client,
        locals,
        frame,
        _target,
    } = shown(leg)?;
    let rows = ungrouped(&mut client, locals.clone())?;
    ensure(named(&locals, "_private").is_err(), || {
        "_private is not in a group".into()
    })?;
    ensure(
        named(&rows, "_private")?.value == "'a private local'",
        || format!("{rows:?}"),
    )?;
    let account = client.variables(named(&locals, "account")?.variables_reference)?;
    ensure(named(&account, "name")?.value == "'alice'", || {
        format!("{account:?}")
    })?;
    ensure(named(&account, "_secret").is_err(), || {
        format!("{account:?}")
    })?;
    let all = ungrouped(&mut client, account)?;
    for (name, value) in [("_secret", "7"), ("_Account__mangled", "8")] {
        let row = named(&all, name)?;
        ensure(row.value == value, || format!("{row:?}"))?;
        let path = format!("account.{name}");
        ensure(row.evaluate_name.as_deref() == Some(&*path), || {
            format!("{row:?}")
        })?;
        let again = client.evaluate(frame.id, &path)?;
        ensure(again == value, || again.clone())?;
    }
    let scopes = client.scopes(frame.id)?;
    let globals = scopes.iter().find(|scope| scope.name == "Globals");
    let globals: &Scope = globals.ok_or("no globals")?;
    ensure(globals.expensive, || "globals are not lazy".into())?;
    let rows = client.variables(globals.variables_reference)?;
    ensure(named(&rows, "GREETING")?.value == "'hello'", || {
        format!("{rows:?}")
    })?;
    let all = ungrouped(&mut client, rows)?;
    ensure(
        named(&all, "_hidden").is_ok() && named(&all, "__name__").is_ok(),
        || format!("{all:?}"),
    )
}

fn cycle(leg: &Leg) -> Outcome {
    let Shown {
        mut client,
        locals,
        _target,
        ..
    } = shown(leg)?;
    let mut reference = named(&locals, "cyclic")?.variables_reference;
    for depth in 0..20 {
        let rows = client.variables(reference)?;
        ensure(named(&rows, "0")?.value == "1", || {
            format!("at depth {depth}: {rows:?}")
        })?;
        reference = named(&rows, "1")?.variables_reference;
    }
    let mut reference = named(&locals, "account")?.variables_reference;
    for _ in 0..20 {
        let rows = client.variables(reference)?;
        reference = named(&rows, "owner")?.variables_reference;
    }
    Ok(())
}

fn full_text(leg: &Leg) -> Outcome {
    let Shown {
        mut client,
        locals,
        frame,
        _target,
    } = shown(leg)?;
    let full = format!("'begin {} end'", "x".repeat(5000));
    let row = named(&locals, "long_text")?;
    ensure(
        row.value.len() < 1000 && row.value.starts_with("'begin xxx"),
        || row.value.clone(),
    )?;
    let scope = client.scopes(frame.id)?.swap_remove(0);
    let arguments = json!({ "variablesReference": scope.variables_reference, "format": {} });
    let rows = client.some_variables(&arguments)?;
    let shown = &named(&rows, "long_text")?.value;
    ensure(*shown == full, || {
        format!("with a format: {} bytes", shown.len())
    })?;
    let arguments =
        json!({ "frameId": frame.id, "expression": "long_text", "context": "clipboard" });
    let copied = client.ask("evaluate", arguments)?;
    ensure(copied["result"] == *full, || {
        format!("for the clipboard: {copied}")
    })?;
    let watched = client.evaluate(frame.id, "long_text")?;
    ensure(watched == row.value, || format!("watched: {watched}"))
}

fn hexadecimal(leg: &Leg) -> Outcome {
    let Shown {
        mut client,
        frame,
        _target,
        ..
    } = shown(leg)?;
    let scope = client.scopes(frame.id)?.swap_remove(0);
    let format = json!({ "hex": true });
    let arguments = json!({ "variablesReference": scope.variables_reference, "format": format });
    let rows = client.some_variables(&arguments)?;
    ensure(named(&rows, "number")?.value == "0xff", || {
        format!("{rows:?}")
    })?;
    let big = format!("{:#x}", 1_u128 << 100);
    ensure(named(&rows, "big")?.value == big, || {
        format!("{:?}", named(&rows, "big"))
    })?;
    for (expression, expected) in [("number", "0xff"), ("number - 256", "-0x1"), ("big", &*big)] {
        let arguments = json!({ "frameId": frame.id, "expression": expression, "format": format });
        let body = client.ask("evaluate", arguments)?;
        ensure(body["result"] == expected, || {
            format!("{expression}: {body}")
        })?;
    }
    Ok(())
}

/// Columns count UTF-16 code units: letters beyond the first plane are two.
fn column(leg: &Leg) -> Outcome {
    let Shown { frame, .. } = shown(leg)?;
    let path = programs().join("dap_values.py");
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let line = text
        .lines()
        .nth(usize::try_from(frame.line - 1).unwrap_or(0))
        .unwrap_or_default();
    let before = line
        .find("await")
        .ok_or_else(|| format!("line {}: {line:?}", frame.line))?;
    let units = line[..before].encode_utf16().count();
    let expected = match leg.minor() >= (3, 11) {
        true => i64::try_from(units).unwrap_or(0) + 1,
        false => 1,
    };
    ensure(frame.column == expected, || {
        format!("{frame:?}, not column {expected}")
    })
}

/// A client that counts lines and columns from 0, and supports neither types nor pages.
fn client_without_types(leg: &Leg) -> Outcome {
    let Shown {
        frame: usual,
        _target: target,
        ..
    } = shown(leg)?;
    let mut client = Client::start(Way::Stdio, &[])?;
    let arguments = json!({ "adapterID": "x", "linesStartAt1": false, "columnsStartAt1": false });
    client.ask("initialize", arguments)?;
    client.attach(&json!({ "processId": target.pid() }))?;
    let frame = client.frame("Task: show", "show")?;
    ensure(
        (frame.line, frame.column) == (usual.line - 1, usual.column - 1),
        || format!("{frame:?} from 0, {usual:?} from 1"),
    )?;
    let rows = client.scope(frame.id, "Locals")?;
    ensure(rows.iter().all(|row| row.type_name.is_none()), || {
        format!("{rows:?}")
    })?;
    let arguments = json!({ "frameId": frame.id, "expression": "number" });
    let body = client.ask("evaluate", arguments)?;
    ensure(body["type"].is_null() && body["result"] == "255", || {
        body.to_string()
    })
}

/// While the program runs on, each value is the one of the stop, or it is said to have changed.
fn changed_since(leg: &Leg) -> Outcome {
    let mut target = program(leg, "heartbeat.py", &[])?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let frame = client.frame("Task: beat", "beat")?;
    let scope = client.scopes(frame.id)?.swap_remove(0);
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..5 {
        let arguments = json!({ "variablesReference": scope.variables_reference });
        let response = client.request("variables", arguments)?;
        seen.push(value_of(&response, "number"));
        let arguments = json!({ "frameId": frame.id, "expression": "number" });
        let response = client.request("evaluate", arguments)?;
        let shown = match response["success"] == true {
            true => response["body"]["result"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            false => response["message"].as_str().unwrap_or_default().to_owned(),
        };
        seen.push(shown);
        // Each beat changes the number.
        target.wait_beats(3)?;
    }
    let mut numbers: Vec<&String> = seen.iter().filter(|it| it.parse::<u64>().is_ok()).collect();
    numbers.dedup();
    let others = seen.iter().filter(|it| it.parse::<u64>().is_err());
    let honest = others.clone().all(|it| it.contains("changed since"));
    ensure(numbers.len() <= 1 && honest, || format!("{seen:?}"))
}

/// The value of a variable, or the message in its stead.
fn value_of(response: &Value, name: &str) -> String {
    let rows = response["body"]["variables"].as_array();
    let row = rows.into_iter().flatten().find(|row| row["name"] == name);
    let text = row.map_or(&response["message"], |row| &row["value"]);
    text.as_str().unwrap_or_default().to_owned()
}
