//! Writes a table from the debug information of an interpreter, or compares
//! the two. Run through `scripts/generate-offsets`, which says how.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use python_offsets::members::{Key, Members};
use python_offsets::{DwarfError, Found, Layout, Links, Overlay, Table, dwarf};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Default)]
struct Arguments {
    minor: String,
    from: Option<String>,
    source: Option<String>,
    debug: Vec<PathBuf>,
    check: bool,
    files: Vec<PathBuf>,
}

fn arguments() -> Outcome<Arguments> {
    let mut arguments = Arguments::default();
    let mut rest = env::args().skip(1);
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--minor" => arguments.minor = value()?,
            "--from" => arguments.from = Some(value()?),
            "--source" => arguments.source = Some(value()?),
            "--debug" => arguments.debug.push(value()?.into()),
            "--check" => arguments.check = true,
            _ if word.starts_with("--") => return Err(format!("unknown option {word}").into()),
            _ => arguments.files.push(word.into()),
        }
    }
    if arguments.minor.is_empty() || arguments.files.is_empty() {
        return Err("needs --minor and a file".into());
    }
    Ok(arguments)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("generate-offsets: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether table and binary agree, after the table was written.
fn run() -> Outcome<bool> {
    let arguments = arguments()?;
    let (mut found, mut members) = (Overlay::new(), BTreeMap::new());
    for file in &arguments.files {
        let part = read(file, &arguments.debug)?;
        found.extend(part.overlay);
        members.extend(part.members);
    }

    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("data");
    let path = data.join(format!("{}.toml", arguments.minor));
    let template = arguments.from.as_ref().unwrap_or(&arguments.minor);
    let mut text = fs::read_to_string(data.join(format!("{template}.toml")))
        .map_err(|error| format!("no table for {template}: {error}"))?;
    if !arguments.check {
        if template != &arguments.minor {
            text = renamed(&text, template, &arguments.minor);
        }
        text = merge(&text, &found, &members, &elsewhere(&text, &found)?)?;
        if let Some(source) = &arguments.source {
            text = with_source(&text, source);
        }
        // An invalid table is not written.
        Table::parse(&text)?;
        fs::write(&path, &text)?;
    }

    let differences = differences(&text, &found)?;
    for difference in &differences {
        println!("{}: {difference}", arguments.minor);
    }
    Ok(differences.is_empty())
}

/// The table of one minor as a start for another, without the variants, which
/// are sizes of particular builds.
fn renamed(text: &str, from: &str, to: &str) -> String {
    let (base, _) = text.split_once("\n[[variant]]").unwrap_or((text, ""));
    base.replace(&format!("minor = \"{from}\""), &format!("minor = \"{to}\""))
        .replace(&format!("CPython {from},"), &format!("CPython {to},"))
}

/// The offsets in the debug information of a file, which may be in a file of its own.
fn read(path: &Path, debug: &[PathBuf]) -> Outcome<Found> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match timed(path, &bytes) {
        Err(DwarfError::Missing) => {}
        other => return Ok(other?),
    }
    let id = Links::read(&bytes)?.build_id.unwrap_or_default();
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (head, tail) = hex.split_at(hex.len().min(2));
    for directory in debug {
        let path = directory.join(format!(".build-id/{head}/{tail}.debug"));
        if let Ok(bytes) = fs::read(&path) {
            return Ok(timed(&path, &bytes)?);
        }
    }
    Err(format!(
        "{}: no debug information, and none for build id {hex}",
        path.display()
    )
    .into())
}

fn timed(path: &Path, bytes: &[u8]) -> Result<Found, DwarfError> {
    // A file made by dwz names a second one, absolute or relative to itself.
    let link = Links::read(bytes)?.alt_link;
    let alternate = link.and_then(|link| fs::read(path.with_file_name(link.path)).ok());
    let start = Instant::now();
    let found = dwarf::read(bytes, alternate.as_deref())?;
    eprintln!(
        "{}: {} numbers in {:.1} ms",
        path.display(),
        found.overlay.len(),
        start.elapsed().as_secs_f64() * 1e3
    );
    Ok(found)
}

/// Keys that the base of a table must not take from this binary: those that a
/// variant states, unless the base has them too and the variant is another.
fn elsewhere(text: &str, found: &Overlay) -> Outcome<BTreeSet<String>> {
    let table = Table::parse(text)?;
    let base = table.base().numbers();
    let mut keys = BTreeSet::new();
    for layout in table.recognised() {
        let stated = layout.numbers().into_iter();
        keys.extend(
            stated
                .filter(|(key, _)| !base.contains_key(key))
                .map(|(key, _)| key),
        );
    }
    let this = table.select(found)?.numbers().into_iter();
    keys.extend(
        this.filter(|(key, value)| base.get(key) != Some(value))
            .map(|(key, _)| key),
    );
    Ok(keys)
}

/// The text of a table with its numbers from `found`. Lines stay unchanged if
/// `members.toml` does not name their key, or if their comment states another source.
fn merge(
    text: &str,
    found: &Overlay,
    members: &BTreeMap<String, String>,
    elsewhere: &BTreeSet<String>,
) -> Outcome<String> {
    let all = &Members::embedded()?.keys;
    let line = |key: &Key| {
        let (_, field) = key.name.split_once('.')?;
        let wanted = key.in_table && !elsewhere.contains(&key.name) && !field.contains('.');
        let (value, member) = (found.get(&key.name)?, members.get(&key.name)?);
        wanted.then(|| format!("{field} = {value}  # {member}"))
    };
    let mut out: Vec<String> = Vec::new();
    for section in text.split_inclusive("\n\n") {
        let section = section.trim_end();
        let group = section
            .lines()
            .find_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
        let keys: Vec<&Key> = all
            .iter()
            .filter(|key| key.name.split('.').next() == group)
            .collect();
        let mut written = BTreeSet::new();
        for old in section.lines() {
            let field = old.split(" = ").next().unwrap_or_default();
            let key = keys
                .iter()
                .find(|key| key.name.split_once('.').map(|(_, f)| f) == Some(field));
            let comment = old.split_once("  # ").map(|(_, comment)| comment);
            match key.map(|key| (key, line(key))) {
                Some((key, Some(new))) => {
                    written.insert(&key.name);
                    out.push(new);
                }
                Some((key, None))
                    if key.at.iter().any(|at| comment == Some(&at.expression.text)) => {}
                _ => out.push(old.to_owned()),
            }
        }
        let fresh = keys.iter().filter(|key| !written.contains(&key.name));
        out.extend(fresh.filter_map(|key| line(key)));
        out.push(String::new());
    }
    Ok(out.join("\n"))
}

fn with_source(text: &str, source: &str) -> String {
    let line = |line: &str| match line.starts_with("source = ") {
        true => format!("source = \"{source}\"\n"),
        false => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The differences between the table and the found numbers.
fn differences(text: &str, found: &Overlay) -> Outcome<Vec<String>> {
    let layout: Layout = Table::parse(text)?.select(found)?;
    let known = layout.numbers();
    let mut differences = Vec::new();
    for key in &Members::embedded()?.keys {
        let (table, binary) = (known.get(&key.name), found.get(&key.name));
        // Keys of variants are absent if no variant is recognised.
        let silent = table.is_none() && !key.in_table;
        if binary.is_some() && table != binary && !silent {
            differences.push(format!("{}: table {table:?}, binary {binary:?}", key.name));
        }
    }
    if let Err(error) = layout.overlaid(found) {
        differences.push(error.to_string());
    }
    Ok(differences)
}
