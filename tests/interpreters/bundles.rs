//! Programs that bring an interpreter of their own: PyInstaller, uWSGI.

use std::process::Command;

use libtest_mimic::Trial;

use crate::support::legs::{self, Bundler, Leg, Manifest};
use crate::support::suite::once;
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure, pause};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let lacks = |bundler: &Option<Bundler>, name: &str| {
        let missing = || Some(format!("no {name}"));
        bundler
            .as_ref()
            .map_or_else(missing, |bundler| bundler.missing.clone())
    };
    let no_pyinstaller = lacks(&manifest.pyinstaller, "PyInstaller");
    let no_uwsgi = lacks(&manifest.uwsgi, "uWSGI");
    vec![vec![
        once("bundles", "pyinstaller", no_pyinstaller, pyinstaller),
        once("bundles", "uwsgi", no_uwsgi, uwsgi),
    ]]
}

/// The bundler, and the leg that it was installed for.
fn bundler(which: fn(Manifest) -> Option<Bundler>) -> Result<(Bundler, Leg), String> {
    let manifest = legs::manifest()?;
    let found = which(manifest.clone()).ok_or("it is missing")?;
    let leg = manifest.leg(&found.leg).ok_or("its leg is missing")?;
    Ok((found, leg.clone()))
}

fn worker_sleeps(target: &Target, leg: &Leg) -> Outcome {
    let process = pause::shipped_process(target.pid(), &[])?;
    ensure(process.python.version == leg.version, || {
        format!("{:?}", process.python)
    })?;
    let worker = process
        .threads
        .iter()
        .find(|thread| thread.name == "worker");
    let frames = &worker.ok_or("there is no worker")?.frames;
    ensure(
        frames.first().is_some_and(|frame| frame.function == "work"),
        || format!("the worker's frames are {frames:?}"),
    )
}

fn pyinstaller() -> Outcome {
    let (_, leg) = bundler(|manifest| manifest.pyinstaller)?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = directory.path().display();
    let mut build = target::python(&leg);
    build
        .args([
            "-m",
            "PyInstaller",
            "--onedir",
            "--noconfirm",
            "--log-level",
            "ERROR",
        ])
        .arg(format!("--distpath={folder}/dist"))
        .arg(format!("--workpath={folder}/work"))
        .arg(format!("--specpath={folder}"))
        .env("PYINSTALLER_CONFIG_DIR", directory.path().join("config"))
        .arg(target::programs().join("plain.py"));
    let output = attach::run_command(build)?;
    ensure(output.code() == Some(0), || {
        format!("PyInstaller: {}", output.stderr)
    })?;
    let bundle = Command::new(directory.path().join("dist/plain/plain"));
    let mut target = Target::start("a PyInstaller bundle", bundle)?;
    target.wait_ready()?;
    worker_sleeps(&target, &leg)
}

fn uwsgi() -> Outcome {
    let (uwsgi, leg) = bundler(|manifest| manifest.uwsgi)?;
    let program = uwsgi.path.ok_or("it has no path")?;
    // It writes what the application prints to its stderr.
    let mut command = Command::new("sh");
    command
        .envs(&uwsgi.env)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
        .arg(program)
        .args([
            "--socket",
            "127.0.0.1:0",
            "--enable-threads",
            "--need-app",
            "--wsgi-file",
        ])
        .arg(target::programs().join("wsgi_app.py"));
    let mut target = Target::start("uWSGI", command)?;
    target.wait_ready()?;
    worker_sleeps(&target, &leg)
}
