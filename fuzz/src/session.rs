//! A session of the debug adapter without any thread: work is done at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use dapper_attach::dap::OpenedProcess;
use dapper_attach::dap::session::Session;
use dapper_attach::dap::session::jobs::{Done, Job, Worker};
use dapper_attach::dap::session::options::Rules;
use dapper_attach::inspect::recording::Recording;
use dapper_attach::process::recorded::{write_image, write_number};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use serde_json::{Value, json};

/// A file in memory alone.
pub struct MemoryFile {
    file: File,
}

impl MemoryFile {
    pub fn new(bytes: &[u8]) -> Self {
        // SAFETY: the name is a C string; what it gives is owned here alone.
        let mut file = unsafe {
            let fd = libc::memfd_create(c"fuzz".as_ptr(), libc::MFD_CLOEXEC);
            assert!(fd >= 0, "no file in memory");
            File::from_raw_fd(fd)
        };
        file.write_all(bytes).expect("a file in memory");
        Self { file }
    }

    pub fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.file.as_raw_fd()).into()
    }

    pub fn file(&self) -> &File {
        &self.file
    }
}

/// `recording` as a file, quickly: it is not compressed.
pub fn file_of(recording: &Recording) -> Vec<u8> {
    let facts = serde_json::to_vec(recording).expect("facts are JSON");
    let mut images = Vec::new();
    for process in &recording.processes {
        let mut samples = process.process.samples.iter().rev();
        let Some(last) = samples.next() else { continue };
        write_image(&mut images, &last.memory, None);
        for sample in samples {
            write_image(&mut images, &sample.memory, Some(&last.memory));
        }
    }
    let mut body = Vec::new();
    write_number(&mut body, facts.len() as u64);
    body.extend(facts);
    body.extend(images);
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::none());
    packer.write_all(&body).expect("a vector");
    let packed = packer.finish().expect("a vector");
    file(&packed, body.len() as u64)
}

/// A file with this compressed body, with a right checksum.
pub fn file(packed: &[u8], unpacked: u64) -> Vec<u8> {
    let mut file = b"\x89DAPPER\n\x01\x00\x01x".to_vec();
    file.extend(unpacked.to_le_bytes());
    file.extend((packed.len() as u64).to_le_bytes());
    let mut sum = Crc::new();
    sum.update(&file);
    sum.update(packed);
    file.extend(sum.sum().to_le_bytes());
    file.extend(packed);
    file
}

#[derive(Default)]
struct Inline {
    inspection: OpenedProcess,
    done: Rc<RefCell<VecDeque<Done<Session>>>>,
}

impl Worker<Session> for Inline {
    fn submit(&mut self, job: Job<Session>) {
        let done = job(&mut self.inspection);
        self.done.borrow_mut().push_back(done);
    }
}

/// A session about a capture, and the client.
pub struct Script {
    pub session: Session,
    done: Rc<RefCell<VecDeque<Done<Session>>>>,
    seq: i64,
    _capture: MemoryFile,
}

impl Script {
    /// A session that nothing was said in. Whatever the client says, it is
    /// about this capture, never about a process of this machine.
    pub fn new(recording: &Recording) -> Self {
        let capture = MemoryFile::new(&file_of(recording));
        let rules = Rules {
            capture: Some(capture.path()),
            ..Rules::default()
        };
        let worker = Inline::default();
        Self {
            done: Rc::clone(&worker.done),
            session: Session::new(rules, Box::new(worker)),
            seq: 0,
            _capture: capture,
        }
    }

    /// Begins as clients do; gives whether the process is shown.
    pub fn begin(&mut self, arguments: &Value) -> bool {
        self.ask("initialize", json!({ "supportsVariableType": true }));
        let attached = self.ask("attach", arguments.clone());
        self.ask("configurationDone", json!({}));
        attached["success"] == true
    }

    /// The messages that these bytes lead to.
    pub fn receive(&mut self, body: &[u8]) -> Vec<Value> {
        self.session.receive(body);
        loop {
            let next = self.done.borrow_mut().pop_front();
            match next {
                Some(done) => done(&mut self.session),
                None => break,
            }
        }
        let bodies = self.session.take_output();
        let parse = |body: &Vec<u8>| serde_json::from_slice(body).expect("messages are JSON");
        bodies.iter().map(parse).collect()
    }

    /// The response to a request; null when there was none.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.seq += 1;
        let seq = self.seq;
        let request = json!({
            "seq": seq, "type": "request", "command": command, "arguments": arguments,
        });
        let messages = self.receive(request.to_string().as_bytes());
        let response = messages.into_iter().find(|it| it["request_seq"] == seq);
        response.unwrap_or_default()
    }

    /// Lets time pass.
    pub fn tick(&mut self) {
        let due = self.session.next_tick();
        self.session.tick(due.unwrap_or_else(Instant::now));
        self.receive(b"{}");
    }
}
