//! A session with the debug adapter that holds the process: two looks, each of
//! which freezes it until it may go on.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Value, json};

/// How often it is asked whether the client is still there.
const LOOK_UP_MS: u16 = 1;

/// A client that does what clients do, in a thread of its own.
pub struct Session {
    gone: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Session {
    /// Talks to `adapter` about `pid`; `leaves` when both looks were taken, and
    /// else holds the process until it is gone itself.
    pub fn start(adapter: &mut Child, pid: u32, leaves: bool) -> Result<Self, String> {
        let (input, output) = (adapter.stdin.take(), adapter.stdout.take());
        let input = input.ok_or("the adapter has no input")?;
        let gone = Arc::new(AtomicBool::new(false));
        let client = Client {
            input,
            output,
            seen: Vec::new(),
            next_seq: 1,
            gone: Arc::clone(&gone),
        };
        let thread = thread::spawn(move || {
            // It ends when the adapter does, in whatever state that is.
            let _ = client.talk(pid, leaves);
        });
        Ok(Self { gone, thread })
    }

    /// The client goes away without a word: both pipes are closed.
    pub fn hang_up(self) {
        self.gone.store(true, Ordering::Release);
        let _ = self.thread.join();
    }

    /// Waits until the client has left.
    pub fn wait(self) {
        let _ = self.thread.join();
    }
}

struct Client {
    input: ChildStdin,
    /// None where its output goes elsewhere.
    output: Option<ChildStdout>,
    seen: Vec<u8>,
    next_seq: i64,
    gone: Arc<AtomicBool>,
}

impl Client {
    fn talk(mut self, pid: u32, leaves: bool) -> Option<()> {
        self.send("initialize", json!({ "adapterID": "dapper-attach" }))?;
        self.send("attach", json!({ "processId": pid, "freeze": true }))?;
        self.send("configurationDone", json!({}))?;
        self.look_around()?;
        self.send("continue", json!({ "threadId": 0 }))?;
        self.send("pause", json!({ "threadId": 0 }))?;
        self.look_around()?;
        if !leaves {
            while self.message().is_some() {}
        }
        Some(())
    }

    /// Waits for a stop, and asks what clients ask then.
    fn look_around(&mut self) -> Option<()> {
        let stopped = loop {
            let message = self.message()?;
            if message["event"] == "stopped" {
                break message["body"]["threadId"].clone();
            }
        };
        self.ask("threads", Value::Null)?;
        let stack = self.ask("stackTrace", json!({ "threadId": stopped }))?;
        let frame = &stack["stackFrames"][0]["id"];
        let scopes = self.ask("scopes", json!({ "frameId": frame }))?;
        for scope in scopes["scopes"].as_array().into_iter().flatten() {
            let variables = json!({ "variablesReference": scope["variablesReference"] });
            self.ask("variables", variables)?;
        }
        for expression in [
            "len([repr(it) for it in (1, 'two')])",
            "__name__ = 1",
            "print(2)",
        ] {
            let evaluated =
                json!({ "frameId": frame, "expression": expression, "context": "repl" });
            self.ask("evaluate", evaluated)?;
        }
        Some(())
    }

    /// The body of the response to a request, whatever it says.
    fn ask(&mut self, command: &str, arguments: Value) -> Option<Value> {
        let seq = self.next_seq;
        self.send(command, arguments)?;
        loop {
            let mut message = self.message()?;
            if message["request_seq"] == seq {
                return Some(message["body"].take());
            }
        }
    }

    fn send(&mut self, command: &str, arguments: Value) -> Option<()> {
        let body = json!({
            "seq": self.next_seq, "type": "request", "command": command, "arguments": arguments,
        })
        .to_string();
        self.next_seq += 1;
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        sent.and_then(|()| self.input.flush()).ok()
    }

    /// The next message; none when either side has gone.
    fn message(&mut self) -> Option<Value> {
        loop {
            if let Some(body) = self.whole() {
                return serde_json::from_slice(&body).ok();
            }
            if self.gone.load(Ordering::Acquire) {
                return None;
            }
            let Some(output) = &mut self.output else {
                thread::sleep(std::time::Duration::from_millis(LOOK_UP_MS.into()));
                continue;
            };
            let mut polled = [PollFd::new(output.as_fd(), PollFlags::POLLIN)];
            if poll(&mut polled, PollTimeout::from(LOOK_UP_MS)).ok()? == 0 {
                continue;
            }
            let mut piece = [0; 1 << 14];
            match output.read(&mut piece) {
                Ok(read @ 1..) => self.seen.extend_from_slice(&piece[..read]),
                _ => return None,
            }
        }
    }

    /// Takes the body of one message that is there as a whole.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let end = self.seen.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
        let header = String::from_utf8_lossy(&self.seen[..end]).into_owned();
        let length: usize = header.trim().rsplit(' ').next()?.parse().ok()?;
        let body = self.seen.get(end..end + length)?.to_vec();
        self.seen.drain(..end + length);
        Some(body)
    }
}
