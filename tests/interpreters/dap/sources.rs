//! Paths of source files for the client, or their text where it has no such file.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::asking::{Frame, hang};
use super::client::Client;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::{self, Target};
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 5] = [
    ("source_path_is_mapped", mapped),
    ("source_in_an_archive", in_an_archive),
    ("source_of_a_command", of_a_command),
    ("source_changed_after_the_start", changed),
    ("source_of_modules_and_loaded_sources", modules),
];

const PROGRAM: &str = "import asyncio, signal

async def never():
    await asyncio.get_running_loop().create_future()

async def main():
    asyncio.get_running_loop().call_later(0.1, lambda: print('READY', flush=True))
    await never()

signal.alarm(600)
asyncio.run(main())
";

fn started(leg: &Leg, arguments: &[&str]) -> Result<Target, String> {
    let mut command = target::python(leg);
    command.args(arguments);
    let mut target = Target::start("a program that waits", command)?;
    target.wait_ready()?;
    Ok(target)
}

fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A session, and the frame of `main`.
fn inspected(target: &Target, options: &Value) -> Result<(Client, Frame), String> {
    let (mut client, _) = Client::looking_at(target, options)?;
    let frame = client.frame("Task: main", "main")?;
    Ok((client, frame))
}

fn mapped(leg: &Leg) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = hang(leg, "lock_abba_transfer.py")?;
    let mapping = |local: &str, remote: &Path| json!({ "localRoot": local, "remoteRoot": remote });
    let options = json!({ "pathMappings": [
        mapping("/mine", root), mapping("/mine/hung/", &root.join("tests/hangs")),
    ]});
    let (mut client, frame) = inspected(&target, &options)?;
    let expected = "/mine/hung/lock_abba_transfer.py";
    ensure(frame.path() == Some(expected), || format!("{frame:?}"))?;
    let source = frame.source.as_ref().ok_or("no source")?;
    ensure(source.source_reference.is_none(), || format!("{source:?}"))?;
    client.frame("Task: main", "main").map(|_| ())
}

/// The adapter gives `expected` as the source text of a frame.
fn text_is(client: &mut Client, frame: &Frame, expected: &str) -> Outcome {
    let source = frame
        .source
        .as_ref()
        .ok_or_else(|| format!("{frame:?} has no source"))?;
    let reference = source.source_reference.unwrap_or(0);
    ensure(reference > 0, || format!("{source:?} has no reference"))?;
    for arguments in [
        json!({ "sourceReference": reference, "source": { "sourceReference": reference } }),
        json!({ "sourceReference": reference }),
    ] {
        let body = client.ask("source", arguments)?;
        ensure(body["content"] == expected, || {
            format!("{body}, not {expected}")
        })?;
    }
    let refusal = client.refusal("source", json!({ "sourceReference": 4711 }))?;
    ensure(refusal.id == 1009, || format!("{refusal:?}"))
}

fn in_an_archive(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(failed)?;
    let archive = folder.path().join("app.pyz");
    let mut writer = zip::ZipWriter::new(File::create(&archive).map_err(failed)?);
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("__main__.py", options).map_err(failed)?;
    writer.write_all(PROGRAM.as_bytes()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    let target = started(leg, &[&archive.display().to_string()])?;
    let (mut client, frame) = inspected(&target, &json!({}))?;
    let path = archive.join("__main__.py").display().to_string();
    ensure(frame.path() == Some(&*path) && frame.line == 8, || {
        format!("{frame:?}")
    })?;
    text_is(&mut client, &frame, PROGRAM)
}

fn of_a_command(leg: &Leg) -> Outcome {
    let target = started(leg, &["-c", PROGRAM])?;
    let (mut client, frame) = inspected(&target, &json!({}))?;
    let name = frame.source.as_ref().map(|source| source.name.as_str());
    ensure(name == Some("<string>") && frame.line == 8, || {
        format!("{frame:?}")
    })?;
    text_is(&mut client, &frame, PROGRAM)
}

fn changed(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(failed)?;
    let file = folder.path().join("app.py");
    fs::write(&file, PROGRAM).map_err(failed)?;
    // The kernel records the start of a process in hundredths of a second, so that
    // a file which was written just before could seem to be newer.
    let before = SystemTime::now() - Duration::from_secs(10);
    let written = File::options().append(true).open(&file).map_err(failed)?;
    written.set_modified(before).map_err(failed)?;
    let path = file.display().to_string();
    let (unseen, target) = (started(leg, &[&path])?, started(leg, &[&path])?);
    let note = format!("{path} was changed after the process started");
    let origin = |frame: &Frame| frame.source.as_ref().and_then(|it| it.origin.clone());
    let (mut client, frame) = inspected(&target, &json!({}))?;
    ensure(origin(&frame).is_none(), || format!("{frame:?}"))?;
    ensure(!client.console()?.contains(&note), || {
        "nothing was changed yet".into()
    })?;
    drop(client);
    // Both processes started at least 0.1 s ago: `PROGRAM` waits before READY.
    fs::write(&file, format!("\n{PROGRAM}")).map_err(failed)?;
    // One process was inspected before the change, the other was not.
    for target in [&target, &unseen] {
        let (mut client, frame) = inspected(target, &json!({}))?;
        let said = origin(&frame).unwrap_or_default();
        ensure(said.contains("changed after the process started"), || {
            format!("{frame:?}")
        })?;
        client.frame("Task: main", "never")?;
        let console = client.console()?;
        ensure(console.matches(&note).count() == 1, || console.clone())?;
    }
    Ok(())
}

fn modules(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, frame) = inspected(&target, &json!({}))?;
    let own = frame.path().map(str::to_owned).ok_or("no path")?;
    let body = client.ask("modules", json!({}))?;
    let modules = body["modules"].as_array().cloned().unwrap_or_default();
    ensure(body["totalModules"] == modules.len(), || body.to_string())?;
    let main = modules.iter().find(|module| module["path"] == *own);
    let main = main.ok_or_else(|| format!("{own} is missing in {body}"))?;
    ensure(
        main["isUserCode"] == true && main["name"] == "lock_abba_transfer",
        || main.to_string(),
    )?;
    let tasks = modules
        .iter()
        .find(|module| module["name"] == "asyncio.tasks" || module["name"] == "tasks");
    ensure(
        tasks.is_some_and(|module| module["isUserCode"] == false),
        || body.to_string(),
    )?;
    let page = client.ask("modules", json!({ "startModule": 1, "moduleCount": 2 }))?;
    ensure(page["modules"] == json!(modules[1..3]), || page.to_string())?;
    let body = client.ask("loadedSources", json!({}))?;
    let sources = body["sources"].as_array().cloned().unwrap_or_default();
    ensure(sources.iter().any(|source| source["path"] == *own), || {
        body.to_string()
    })
}
