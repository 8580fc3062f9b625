//! The interpreters of this machine, from the manifest of `scripts/interpreters`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use serde::Deserialize;

/// One interpreter that the tests run against, or the reason why it is missing.
#[derive(Debug, Clone, Deserialize)]
pub struct Leg {
    pub leg: String,
    #[serde(default)]
    pub path: Option<PathBuf>,
    #[serde(default)]
    pub missing: Option<String>,
    #[serde(default)]
    pub version: String,
    /// Its origin, as text.
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub debug: bool,
    #[serde(default)]
    pub free_threaded: bool,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub site_packages: Option<PathBuf>,
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
    #[serde(default)]
    pub cython: bool,
    #[serde(default)]
    pub libpython: Option<PathBuf>,
    #[serde(default)]
    pub headers: Option<PathBuf>,
}

impl Leg {
    /// The folder with the packages of the hang programs.
    pub fn hangs_packages(&self) -> Option<PathBuf> {
        let beside = self.site_packages.as_ref()?;
        let folder = beside.with_file_name(format!("hangs-{}", self.leg));
        Some(folder.join("site-packages"))
    }

    /// Major and minor version; (0, 0) of a missing leg.
    pub fn minor(&self) -> (u32, u32) {
        let mut numbers = self.version.split('.').map_while(|part| part.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }

    /// Path of the interpreter.
    ///
    /// # Panics
    /// When the leg is missing.
    pub fn python(&self) -> PathBuf {
        self.path
            .clone()
            .unwrap_or_else(|| panic!("{} is missing: {:?}", self.leg, self.missing))
    }
}

/// A program that embeds an interpreter: PyInstaller or uWSGI.
#[derive(Debug, Clone, Deserialize)]
pub struct Bundler {
    #[serde(default)]
    pub leg: String,
    #[serde(default)]
    pub path: Option<PathBuf>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub missing: Option<String>,
}

/// Everything that `scripts/interpreters` found or built.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    pub legs: Vec<Leg>,
    #[serde(default)]
    pub uwsgi: Option<Bundler>,
    #[serde(default)]
    pub pyinstaller: Option<Bundler>,
}

impl Manifest {
    /// The leg of that name, if it is not missing.
    pub fn leg(&self, name: &str) -> Option<&Leg> {
        self.legs
            .iter()
            .find(|leg| leg.leg == name && leg.path.is_some())
    }
}

fn manifest_path() -> PathBuf {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    let directory = if let Some(cache) = variable("DAPPER_ATTACH_CACHE") {
        PathBuf::from(cache)
    } else if let Some(cache) = variable("XDG_CACHE_HOME") {
        PathBuf::from(cache).join("dapper-attach")
    } else {
        PathBuf::from(variable("HOME").unwrap_or_default()).join(".cache/dapper-attach")
    };
    directory.join("interpreters.json")
}

/// The manifest, or how to get one.
pub fn manifest() -> Result<Manifest, String> {
    let path = manifest_path();
    let text = fs::read_to_string(&path).map_err(|error| {
        format!(
            "{}: {error}; run scripts/interpreters first",
            path.display()
        )
    })?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
