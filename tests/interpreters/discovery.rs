//! Finding the interpreter in a process, however it was started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use goblin::elf::Elf;
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::support::attach;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::{self, Target};
use crate::support::{Outcome, ensure, pause};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let everywhere: &[(&str, Test)] = &[
        ("executable_deleted", executable_deleted),
        ("executable_replaced", executable_replaced),
        ("started_by_the_loader", started_by_the_loader),
        ("finalizing", finalizing),
    ];
    let with_strip: &[(&str, Test)] = &[("stripped", stripped)];
    let shared: &[(&str, Test)] = &[("second_libpython_mapped", second_libpython_mapped)];
    let embedding: &[(&str, Test)] = &[
        ("embedded_in_a_program", embedded_in_a_program),
        ("before_initialisation", before_initialisation),
    ];
    let root: &[(&str, Test)] = &[("other_root_directory", other_root_directory)];
    let namespaces: &[(&str, Test)] = &[("other_pid_namespace", other_pid_namespace)];
    [
        on_every_leg(manifest, "discovery", |_| None, everywhere),
        on_every_leg(manifest, "discovery", lacks_strip, with_strip),
        on_every_leg(manifest, "discovery", lacks_libpython, shared),
        on_every_leg(manifest, "discovery", lacks_means_to_embed, embedding),
        on_every_leg(manifest, "discovery", lacks_own_root, root),
        on_every_leg(manifest, "discovery", lacks_namespaces, namespaces),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lacks_strip(leg: &Leg) -> Option<String> {
    if leg.source.starts_with("debian ") {
        // `scripts/interpreters` had to patch it, and `strip` damages what patchelf made.
        return Some("it is as Debian stripped it".to_owned());
    }
    (!attach::installed("strip")).then(|| "no strip".to_owned())
}

fn lacks_libpython(leg: &Leg) -> Option<String> {
    (leg.libpython.is_none()).then(|| "its libpython is no library of its own".to_owned())
}

fn lacks_means_to_embed(leg: &Leg) -> Option<String> {
    let no_headers = leg.headers.is_none().then(|| "no headers".to_owned());
    let no_cc = (!attach::installed("cc")).then(|| "no cc".to_owned());
    lacks_libpython(leg).or(no_headers).or(no_cc)
}

fn lacks_namespaces(_: &Leg) -> Option<String> {
    if !attach::is_root() {
        return Some("needs root".to_owned());
    }
    (!attach::installed("unshare")).then(|| "no unshare".to_owned())
}

/// Only an interpreter in a folder tree of its own can be moved to another root.
fn lacks_own_root(leg: &Leg) -> Option<String> {
    lacks_libpython(leg).or_else(|| lacks_namespaces(leg))
}

// ---------------------------------------------------------------- what is started, what must be seen

fn plain() -> PathBuf {
    target::programs().join("plain.py")
}

/// `plain.py` has two threads with known stacks.
fn shows_plain(target: &Target) -> Outcome {
    shows_plain_at(target.pid())
}

fn shows_plain_at(pid: u32) -> Outcome {
    let process = pause::shipped_process(pid, &[])?;
    let mut threads: Vec<(&str, Vec<&str>)> = Vec::new();
    for thread in &process.threads {
        let own = thread.frames.iter().filter(|frame| !frame.library);
        threads.push((&thread.name, own.map(|frame| &*frame.function).collect()));
    }
    threads.sort_unstable();
    let expected = [
        ("MainThread", vec!["wait", "main", "<module>"]),
        ("worker", vec!["work"]),
    ];
    ensure(threads == expected, || {
        format!("the threads are {threads:?}")
    })
}

fn started(what: &str, command: Command) -> Result<Target, String> {
    let mut target = Target::start(what, command)?;
    target.wait_ready()?;
    Ok(target)
}

fn directory() -> Result<TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

fn copy(from: &Path, to: &Path) -> Outcome {
    let copied = fs::copy(from, to).map(drop);
    copied.map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

/// The prefix where the interpreter finds its library after its binary was copied.
fn home(leg: &Leg) -> Result<String, String> {
    let mut command = target::python(leg);
    command.args(["-c", "import sys; print(sys.base_prefix)"]);
    Ok(attach::run_command(command)?.stdout.trim().to_owned())
}

/// Copies of the executable and of its libpython, if it has one.
struct Copies {
    directory: TempDir,
    executable: PathBuf,
    libpython: Option<PathBuf>,
}

impl Copies {
    fn of(leg: &Leg) -> Result<Self, String> {
        let directory = directory()?;
        let executable = directory.path().join("python-copy");
        copy(&leg.python(), &executable)?;
        let mut libpython = None;
        if let Some(original) = &leg.libpython {
            let name = original.file_name().ok_or("libpython has no name")?;
            let path = directory.path().join(name);
            copy(original, &path)?;
            libpython = Some(path);
        }
        Ok(Self {
            directory,
            executable,
            libpython,
        })
    }

    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.executable).chain(&self.libpython)
    }

    /// Runs `plain.py` with the copies; a preloaded libpython takes the place of the one linked.
    fn start(&self, leg: &Leg) -> Result<Target, String> {
        let mut command = target::environment(Command::new(&self.executable), leg);
        command.env("PYTHONHOME", home(leg)?).arg(plain());
        if let Some(libpython) = &self.libpython {
            command.env("LD_PRELOAD", libpython);
        }
        started("a copy of the interpreter", command)
    }
}

// ---------------------------------------------------------------- files

fn executable_deleted(leg: &Leg) -> Outcome {
    let copies = Copies::of(leg)?;
    let target = copies.start(leg)?;
    for file in copies.files() {
        fs::remove_file(file).map_err(|error| error.to_string())?;
    }
    shows_plain(&target)
}

fn executable_replaced(leg: &Leg) -> Outcome {
    let copies = Copies::of(leg)?;
    let target = copies.start(leg)?;
    for file in copies.files() {
        // Like an upgrade: another file takes the name.
        let other = copies.directory.path().join("other");
        copy(Path::new("/bin/sh"), &other)?;
        fs::rename(&other, file).map_err(|error| error.to_string())?;
    }
    shows_plain(&target)
}

fn stripped(leg: &Leg) -> Outcome {
    let copies = Copies::of(leg)?;
    for file in copies.files() {
        let writable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(file, writable).map_err(|error| error.to_string())?;
        let mut strip = Command::new("strip");
        strip.arg("--strip-all").arg(file);
        let output = attach::run_command(strip)?;
        ensure(output.code() == Some(0), || format!("{output:?}"))?;
    }
    shows_plain(&copies.start(leg)?)
}

/// The dynamic loader that `executable` asks for.
fn loader(executable: &Path) -> Result<PathBuf, String> {
    let bytes = fs::read(executable).map_err(|error| error.to_string())?;
    let file = Elf::parse(&bytes).map_err(|error| error.to_string())?;
    Ok(file.interpreter.ok_or("it asks for no loader")?.into())
}

/// `/proc/PID/exe` is then the loader.
fn started_by_the_loader(leg: &Leg) -> Outcome {
    let mut command = target::environment(Command::new(loader(&leg.python())?), leg);
    command
        .env("PYTHONHOME", home(leg)?)
        .arg(leg.python())
        .arg(plain());
    shows_plain(&started("the interpreter through its loader", command)?)
}

/// The copy has a runtime, too, which was never initialized.
fn second_libpython_mapped(leg: &Leg) -> Outcome {
    let copies = Copies::of(leg)?;
    let libpython = copies.libpython.as_ref().ok_or("no libpython")?;
    let text = "import ctypes, runpy, sys\n\
                ctypes.CDLL(sys.argv.pop(1))\n\
                sys.argv.pop(0)\n\
                runpy.run_path(sys.argv[0], run_name='__main__')";
    let mut command = target::python(leg);
    command.args(["-c", text]).arg(libpython).arg(plain());
    let target = started("a program with a second libpython", command)?;
    let process = attach::process(target.pid(), &[])?;
    let main = process
        .threads
        .iter()
        .find(|thread| thread.name == "MainThread");
    let main = main.ok_or("there is no MainThread")?;
    let seen = main.frames.iter().any(|frame| frame.function == "wait");
    ensure(seen && process.threads.len() == 2, || {
        format!("{:?}", process.threads)
    })
}

// ---------------------------------------------------------------- embedding, and the ends of a life

fn embedder(leg: &Leg, directory: &Path) -> Result<PathBuf, String> {
    let headers = leg.headers.as_ref().ok_or("no headers")?;
    let libpython = leg.libpython.as_ref().ok_or("no libpython")?;
    let library = libpython.parent().ok_or("libpython has no directory")?;
    let program = directory.join("embed");
    let mut cc = Command::new("cc");
    cc.arg("-I").arg(headers).arg("-o").arg(&program);
    cc.arg(target::programs().join("embed.c")).arg(libpython);
    cc.arg(format!("-Wl,-rpath,{}", library.display()));
    let output = attach::run_command(cc)?;
    ensure(output.code() == Some(0), || {
        format!("cc: {}", output.stderr)
    })?;
    Ok(program)
}

fn embedded_in_a_program(leg: &Leg) -> Outcome {
    let directory = directory()?;
    let mut command = target::environment(Command::new(embedder(leg, directory.path())?), leg);
    command.env("PYTHONHOME", home(leg)?).arg("run");
    // PyRun_SimpleFile sets no sys.argv.
    let script = directory.path().join("embedded.py");
    let text = fs::read_to_string(plain()).map_err(|error| error.to_string())?;
    let text = text.replace("import time\n", "import time\nsys.argv = ['embedded.py']\n");
    fs::write(&script, text).map_err(|error| error.to_string())?;
    command.arg(&script);
    shows_plain(&started("an embedding program", command)?)
}

/// Either a report that says so, or an error of one sentence.
fn says(target: &Target, code: &str, state: &str) -> Outcome {
    let output = attach::run(&["--pid", &target.pid().to_string(), "--json"])?;
    let refused = output.code() == Some(1) && output.stdout.contains(code);
    let shown = output.code() == Some(0) && output.stdout.contains(state);
    ensure(
        (refused || shown) && !output.stderr.contains("panicked"),
        || format!("{output:?}"),
    )
}

fn before_initialisation(leg: &Leg) -> Outcome {
    let directory = directory()?;
    let mut command = Command::new(embedder(leg, directory.path())?);
    command.arg("before");
    let target = started("a program before Py_Initialize", command)?;
    says(&target, "\"starting\"", "\"starting\"")
}

fn finalizing(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("finalizing.py"));
    let target = started("a program that is shutting down", command)?;
    says(&target, "\"finalizing\"", "\"finalizing\"")
}

// ---------------------------------------------------------------- namespaces

fn other_pid_namespace(leg: &Leg) -> Outcome {
    let mut command = target::environment(Command::new("unshare"), leg);
    command
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(leg.python())
        .arg(plain());
    let target = started("an interpreter in namespaces of its own", command)?;
    shows_plain_at(target.child()?)
}

/// The interpreter has a path that does not exist outside of its root directory.
fn other_root_directory(leg: &Leg) -> Outcome {
    let directory = directory()?;
    let root = directory.path();
    let home = home(leg)?;
    let script = format!(
        "set -e; cd {root}; mkdir -p inside/py usr lib lib64 tests\n\
         mount --bind {home} inside/py\n\
         for d in usr lib lib64; do mount --bind /$d $d; done\n\
         mount --bind {tests} tests\n\
         exec chroot . /inside/py/bin/{python} /tests/plain.py",
        root = root.display(),
        tests = target::programs().display(),
        python = leg
            .python()
            .file_name()
            .ok_or("the interpreter has no name")?
            .to_string_lossy(),
    );
    let mut command = target::environment(Command::new("unshare"), leg);
    command
        .env("PYTHONHOME", "/inside/py")
        .env("LD_LIBRARY_PATH", "/inside/py/lib")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["--mount", "sh", "-c", &script]);
    shows_plain(&started("an interpreter in another root", command)?)
}
