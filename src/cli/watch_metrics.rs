//! The metrics of `watch`: in a file, and over HTTP.

use std::fs::Permissions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tiny_http::{Header, Method, Request, Response, Server};

use super::failure::Failure;
use super::record::{beside, note};
use super::watch_arguments::WatchArguments;
use crate::inspect::watching::Watcher;
use crate::plain_text::clean;
use crate::profile::metrics::{Metrics, MetricsOfAll};

/// The file is written so often.
const FILE_PERIOD: Duration = Duration::from_secs(10);
/// Everybody may read it: node_exporter runs as a user of its own, and it has no secrets.
const FILE_MODE: u32 = 0o644;
/// The type of OpenMetrics text (OpenMetrics 1.0.0).
const CONTENT_TYPE: (&str, &str) = (
    "Content-Type",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
);
/// Where they are served.
const PATHS: [&str; 2] = ["/metrics", "/"];
const NOT_FOUND: u16 = 404;
const WRONG_METHOD: u16 = 405;

/// The metrics of all processes that are watched.
pub(super) type SharedMetrics = Arc<Mutex<MetricsOfAll>>;

/// Gives the metrics to others.
pub(super) struct Exporter {
    metrics: SharedMetrics,
    file: Option<PathBuf>,
    /// When the file was written. `None` if it was not yet.
    written: Option<Instant>,
}

impl Exporter {
    /// Begins to serve. `None` if nobody wants metrics.
    ///
    /// # Errors
    /// If the address cannot be used, or the file cannot be written.
    pub(super) fn start(arguments: &WatchArguments) -> Result<Option<Self>, Failure> {
        if arguments.prom.is_none() && arguments.listen.is_none() {
            return Ok(None);
        }
        let metrics = Arc::new(Mutex::new(MetricsOfAll::new(arguments.pid)));
        if let Some(address) = arguments.listen {
            serve(address, Arc::clone(&metrics))?;
        }
        let exporter = Self {
            metrics,
            file: arguments.prom.clone(),
            written: None,
        };
        if let Some(path) = &exporter.file {
            exporter.write(path).map_err(|error| {
                Failure::new(
                    "output",
                    format!("{} was not written: {error}", path.display()),
                    Some("name a file in a directory that you can write to".into()),
                )
            })?;
        }
        Ok(Some(exporter))
    }

    /// What it gives to others.
    pub(super) fn metrics(&self) -> SharedMetrics {
        Arc::clone(&self.metrics)
    }

    /// Writes the file if it is time.
    pub(super) fn go_on(&mut self) {
        let Some(path) = &self.file else {
            return;
        };
        if self.written.is_some_and(|it| it.elapsed() < FILE_PERIOD) {
            return;
        }
        self.written = Some(Instant::now());
        if let Err(error) = self.write(path) {
            let path = path.display().to_string();
            note(&format!("{} was not written: {error}", clean(&path)));
        }
    }

    /// Writes the file for the last time.
    pub(super) fn end(&mut self) {
        self.written = None;
        self.go_on();
    }

    /// Writes beside the file first, so that it is whole at any time.
    fn write(&self, path: &Path) -> io::Result<()> {
        let text = text(&self.metrics);
        let mut file = beside(path)?;
        file.write_all(text.as_bytes())?;
        file.as_file()
            .set_permissions(Permissions::from_mode(FILE_MODE))?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

/// Those of the process `pid`, which is watched from now on.
pub(super) fn of(metrics: &SharedMetrics, pid: u32) -> Metrics {
    lock(metrics).of(pid)
}

fn lock(metrics: &Mutex<MetricsOfAll>) -> MutexGuard<'_, MetricsOfAll> {
    metrics.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(metrics: &Mutex<MetricsOfAll>) -> String {
    let mut metrics = lock(metrics);
    metrics.cost(Watcher::own_cpu());
    metrics.text()
}

/// Answers requests in a thread of its own, until the program ends.
fn serve(address: SocketAddr, metrics: SharedMetrics) -> Result<(), Failure> {
    let server = Server::http(address).map_err(|error| {
        Failure::new(
            "listen",
            format!("{address} cannot be listened at: {error}"),
            Some("--listen takes another port".into()),
        )
    })?;
    // With port 0, the kernel chooses one.
    if let Some(address) = server.server_addr().to_ip() {
        note(&format!("metrics are at http://{address}/metrics"));
    }
    thread::spawn(move || {
        for request in server.incoming_requests() {
            // Who asked may have gone.
            let _ = answer(request, &metrics);
        }
    });
    Ok(())
}

fn answer(request: Request, metrics: &Mutex<MetricsOfAll>) -> io::Result<()> {
    let path = request.url().split('?').next().unwrap_or_default();
    if !PATHS.contains(&path) {
        return request.respond(Response::empty(NOT_FOUND));
    }
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::empty(WRONG_METHOD));
    }
    let response = Response::from_string(text(metrics));
    let (name, value) = CONTENT_TYPE;
    match Header::from_bytes(name, value) {
        Ok(header) => request.respond(response.with_header(header)),
        Err(()) => request.respond(response),
    }
}
