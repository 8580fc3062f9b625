//! The process of the debug adapter, and connections to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::PATIENCE;
use crate::support::attach;
use crate::support::target::thread_states;

/// How an adapter is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Stdio,
    Tcp,
    Unix,
}

pub const WAYS: [Way; 3] = [Way::Stdio, Way::Tcp, Way::Unix];

/// What a client reads from and writes to.
pub struct Streams {
    pub input: Box<dyn Read + Send>,
    pub output: Box<dyn Write + Send>,
}

/// A running adapter, killed with its owner.
pub struct Adapter {
    way: Way,
    child: Child,
    stderr: Arc<Mutex<String>>,
    directory: TempDir,
}

impl Adapter {
    /// Starts `dapper-attach dap` with more arguments.
    pub fn start(way: Way, arguments: &[&str]) -> Result<Self, String> {
        Self::start_by(Command::new(attach::binary()), way, arguments)
    }

    /// Like `start`, with a command to which the arguments of dapper-attach are added.
    pub fn start_by(mut command: Command, way: Way, arguments: &[&str]) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        command.arg("dap");
        match way {
            Way::Stdio => {}
            // The test chose the address.
            Way::Tcp if arguments.contains(&"--listen") => {}
            Way::Tcp => {
                command.args(["--listen", "127.0.0.1:0"]);
            }
            Way::Unix => {
                command
                    .arg("--socket")
                    .arg(directory.path().join("dap.sock"));
            }
        }
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {command:?}: {error}"))?;
        let stderr = Arc::new(Mutex::new(String::new()));
        let (source, lines) = (child.stderr.take(), Arc::clone(&stderr));
        thread::spawn(move || {
            for line in source.into_iter().flat_map(|it| BufReader::new(it).lines()) {
                if let (Ok(line), Ok(mut lines)) = (line, lines.lock()) {
                    *lines += &line;
                    lines.push('\n');
                }
            }
        });
        Ok(Self {
            way,
            child,
            stderr,
            directory,
        })
    }

    /// Everything that was written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr
            .lock()
            .map(|text| text.clone())
            .unwrap_or_default()
    }

    /// Stderr of the adapter, for messages about failures.
    pub fn said(&self) -> String {
        format!("stderr of the adapter: {:?}", self.stderr())
    }

    /// Path of the socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("dap.sock")
    }

    /// Makes a connection.
    pub fn connect(&mut self) -> Result<Streams, String> {
        match self.way {
            Way::Stdio => {
                let (output, input) = (self.child.stdin.take(), self.child.stdout.take());
                let (Some(input), Some(output)) = (input, output) else {
                    return Err("an adapter on stdio has one client".into());
                };
                Ok(Streams {
                    input: Box::new(input),
                    output: Box::new(output),
                })
            }
            Way::Tcp => {
                let address = self.wait_listening()?;
                let stream = TcpStream::connect(&address);
                let stream = stream.map_err(|error| format!("{address}: {error}"))?;
                let output = stream.try_clone().map_err(|error| error.to_string())?;
                Ok(Streams {
                    input: Box::new(stream),
                    output: Box::new(HalfClosed(output, |it| {
                        it.shutdown(std::net::Shutdown::Write)
                    })),
                })
            }
            Way::Unix => {
                let address = self.wait_listening()?;
                let stream = UnixStream::connect(&address);
                let stream = stream.map_err(|error| format!("{address}: {error}"))?;
                let output = stream.try_clone().map_err(|error| error.to_string())?;
                Ok(Streams {
                    input: Box::new(stream),
                    output: Box::new(HalfClosed(output, |it| {
                        it.shutdown(std::net::Shutdown::Write)
                    })),
                })
            }
        }
    }

    /// Waits for the address that it reports to listen on.
    pub fn wait_listening(&mut self) -> Result<String, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.stderr();
            let mut lines = said
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            let found = lines.find_map(|line| line.strip_prefix("dapper-attach: listening on "));
            if let Some(address) = found {
                return Ok(address.trim_end().to_owned());
            }
            if Instant::now() > deadline || !matches!(self.child.try_wait(), Ok(None)) {
                return Err(format!("the adapter does not listen; {}", self.said()));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until one of its threads is on a processor, or ready for one.
    pub fn wait_busy(&self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !thread_states(self.child.id()).contains('R') {
            if Instant::now() > deadline {
                return Err(format!("the adapter does nothing; {}", self.said()));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Waits until it has ended.
    pub fn wait_exit(&mut self) -> Result<ExitStatus, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => return Ok(status),
                None if Instant::now() > deadline => {
                    return Err(format!("the adapter does not end; {}", self.said()));
                }
                None => thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// Kills it at once.
    pub fn kill(&mut self) -> Result<(), String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child
            .wait()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = self.stderr();
        assert!(
            thread::panicking() || !said.contains("panicked"),
            "the adapter panicked: {said}"
        );
    }
}

/// A stream that is shut down for writing when it is dropped.
struct HalfClosed<S: Write>(S, fn(&S) -> std::io::Result<()>);

impl<S: Write> Write for HalfClosed<S> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl<S: Write> Drop for HalfClosed<S> {
    fn drop(&mut self) {
        // The adapter may have closed it.
        let _ = (self.1)(&self.0);
    }
}
