//! Malformed input of the debug adapter leads to an error response, or to a clean
//! end with one sentence on stderr. It never leads to a panic, and no memory is
//! allocated for announced bytes that do not arrive.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// `dapper-attach dap` on stdio.
struct Adapter {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
}

/// Exit code and output of an adapter that has ended.
#[derive(Debug)]
struct End {
    code: Option<i32>,
    messages: Vec<Value>,
    stderr: String,
}

impl Adapter {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dapper-attach"))
            .arg("dap")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            messages,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        // Writing fails when the adapter has ended, which `end` reports.
        let input = self.input.as_mut().unwrap();
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    /// Sends a request and waits for its response.
    fn ask(&mut self, request: &Value) -> Value {
        self.send(&framed(&request.to_string()));
        self.next()
    }

    fn next(&mut self) -> Value {
        self.messages.recv_timeout(PATIENCE).unwrap()
    }

    /// Closes the input and waits until the adapter ends.
    fn end(mut self) -> End {
        drop(self.input.take());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(Instant::now() < deadline, "it does not end"),
            }
            thread::sleep(Duration::from_millis(2));
        };
        let mut stderr = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        End {
            code: status.code(),
            messages: self.messages.iter().collect(),
            stderr,
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut header = String::new();
    output
        .read_line(&mut header)
        .ok()
        .filter(|read| *read > 0)?;
    let length = header
        .strip_prefix("Content-Length: ")
        .unwrap()
        .trim_end()
        .parse()
        .unwrap();
    output.read_line(&mut String::new()).unwrap();
    let mut body = Vec::new();
    output.take(length).read_to_end(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn request(seq: i64, command: &str, arguments: Value) -> Value {
    json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments })
}

fn initialize() -> Value {
    request(1, "initialize", json!({ "adapterID": "dapper-attach" }))
}

/// The rest of the input cannot be understood: the adapter ends with one sentence.
fn ends_with(bytes: &[u8], words: &str) {
    let mut adapter = Adapter::start();
    adapter.send(bytes);
    let end = adapter.end();
    let said = &end.stderr;
    assert!(said.contains(words), "{end:?} lacks {words:?}");
    assert!(
        said.starts_with("dapper-attach: ") && said.trim_end().lines().count() == 1,
        "{end:?}"
    );
    assert_eq!(end.code, Some(1), "{end:?}");
    assert!(end.messages.is_empty(), "{end:?}");
}

#[test]
fn bad_headers_end_the_session_with_one_sentence() {
    ends_with(b"Content-Length: many\r\n\r\n{}", "not a number of bytes");
    ends_with(b"Content-Length: -1\r\n\r\n{}", "not a number of bytes");
    ends_with(b"Content-Length: 1e3\r\n\r\n{}", "not a number of bytes");
    ends_with(
        b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        "not a number of bytes",
    );
    ends_with(
        b"Content-Length: 18446744073709551615\r\n\r\n{}",
        "more than the",
    );
    ends_with(b"Content-Length: 1099511627776\r\n\r\n{}", "more than the");
    ends_with(b"Content-Length\r\n\r\n{}", "no");
    ends_with(b"Hello: world\r\n\r\n{}", "no Content-Length");
    ends_with(b"\xff\xfe\x00: 1\r\n\r\n{}", "no Content-Length");
    ends_with(
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "no Content-Length",
    );
    ends_with(&vec![b'x'; 100_000], "a header line is longer");
    ends_with(&b"a: b\r\n".repeat(10_000), "header lines");
}

#[test]
fn input_that_ends_within_a_message_is_reported() {
    let whole = framed(&initialize().to_string());
    for length in [1, 10, 17, 18, 20, 21, 22, 30, whole.len() - 1] {
        ends_with(&whole[..length], "ends within a message");
    }
    ends_with(
        b"Content-Length: 16000000\r\n\r\n{",
        "ends within a message",
    );
}

#[test]
fn input_that_ends_between_messages_is_a_clean_end() {
    for bytes in [&b""[..], b"\r\n\r\n", &framed(&initialize().to_string())] {
        let mut adapter = Adapter::start();
        adapter.send(bytes);
        let end = adapter.end();
        assert_eq!((end.code, &*end.stderr), (Some(0), ""), "{end:?}");
    }
}

/// A number in a file of `/proc/PID`: the one after `name`.
fn counter(adapter: &Adapter, file: &str, name: &str) -> u64 {
    let path = format!("/proc/{}/{file}", adapter.child.id());
    let text = std::fs::read_to_string(&path).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    number.unwrap().parse().unwrap()
}

/// Bytes that the adapter has read from files and pipes.
fn bytes_read(adapter: &Adapter) -> u64 {
    counter(adapter, "io", "rchar:")
}

/// Sends bytes, and waits until the adapter has read them.
fn send_and_wait_until_read(adapter: &mut Adapter, bytes: &[u8]) {
    let expected = bytes_read(adapter) + bytes.len() as u64;
    adapter.send(bytes);
    let deadline = Instant::now() + PATIENCE;
    while bytes_read(adapter) < expected {
        assert!(Instant::now() < deadline, "it does not read its input");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Memory of the adapter in kilobytes: the most that was resident so far, and
/// what is allocated now, touched or not.
fn memory(adapter: &Adapter) -> [u64; 2] {
    ["VmHWM:", "VmData:"].map(|name| counter(adapter, "status", name))
}

#[test]
fn a_huge_announcement_takes_no_memory() {
    let mut adapter = Adapter::start();
    // After its first response the adapter reads nothing but its input.
    adapter.ask(&initialize());
    let before = memory(&adapter);
    send_and_wait_until_read(&mut adapter, b"Content-Length: 16777216\r\n\r\n{");
    // The adapter reads this one only after it has made room for the body.
    send_and_wait_until_read(&mut adapter, b"}");
    let after = memory(&adapter);
    let grown = after
        .iter()
        .zip(before)
        .any(|(after, before)| after.saturating_sub(before) >= 1024);
    assert!(!grown, "{before:?} kB before, {after:?} kB after");
    assert!(adapter.end().stderr.contains("ends within a message"));
}

#[test]
fn bodies_that_are_not_requests_get_an_error_and_the_session_continues() {
    let mut adapter = Adapter::start();
    let bodies: [(&[u8], i64); 16] = [
        (b"", 0),
        (b"{", 0),
        (b"null", 0),
        (b"[]", 0),
        (b"17", 0),
        (b"\xff\xfe\xfd", 0),
        (
            b"{\"seq\": 1, \"type\": \"request\", \"command\": \"\xff\"}",
            0,
        ),
        (b"{}", 0),
        (br#"{"seq": "1", "type": "request", "command": 1}"#, 0),
        (
            br#"{"seq": 4, "type": "response", "command": "threads"}"#,
            4,
        ),
        (br#"{"seq": 5, "type": "request"}"#, 5),
        (br#"{"seq": 6, "command": "threads"}"#, 6),
        (br#"{"seq": 7, "type": "request", "command": {}}"#, 7),
        (
            br#"{"seq": 8, "type": "request", "command": "threads", "arguments": []}"#,
            8,
        ),
        (
            br#"{"seq": 9, "type": "request", "command": "threads", "arguments": "x"}"#,
            9,
        ),
        (
            br#"{"seq": 99999999999999999999999, "type": "request", "command": 1}"#,
            0,
        ),
    ];
    for (body, seq) in bodies {
        let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend(body);
        adapter.send(&bytes);
        let shown = String::from_utf8_lossy(body);
        let response = adapter.next();
        assert_eq!(response["success"], false, "{shown}: {response}");
        assert_eq!(response["request_seq"], seq, "{shown}: {response}");
        assert_eq!(
            response["message"], response["body"]["error"]["format"],
            "{shown}: {response}"
        );
        assert_eq!(response["body"]["error"]["id"], 1000, "{shown}: {response}");
    }
    // A hundred thousand nested arrays.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    adapter.send(&framed(&deep));
    assert_eq!(adapter.next()["success"], false);
    let response = adapter.ask(&initialize());
    assert_eq!(response["success"], true, "{response}");
    let end = adapter.end();
    assert_eq!((end.code, &*end.stderr), (Some(0), ""), "{end:?}");
}

#[test]
fn before_initialize_only_disconnect_is_served() {
    let mut adapter = Adapter::start();
    let early = [
        "attach",
        "launch",
        "threads",
        "stackTrace",
        "pause",
        "evaluate",
        "configurationDone",
        "fly",
    ];
    for command in early {
        let response = adapter.ask(&request(3, command, json!({})));
        assert_eq!(response["success"], false, "{response}");
        assert_eq!(response["body"]["error"]["id"], 1002, "{response}");
    }
    let response = adapter.ask(&request(4, "disconnect", Value::Null));
    assert_eq!(response["success"], true, "{response}");
    let end = adapter.end();
    assert_eq!((end.code, &*end.stderr), (Some(0), ""), "{end:?}");
}

#[test]
fn requests_about_a_process_fail_before_attach() {
    let mut adapter = Adapter::start();
    adapter.ask(&initialize());
    for command in [
        "stackTrace",
        "scopes",
        "variables",
        "evaluate",
        "completions",
        "exceptionInfo",
        "modules",
        "loadedSources",
        "source",
        "pause",
        "continue",
        "dapper/tasks",
        "dapper/graph",
        "dapper/report",
        "dapper/select",
    ] {
        let arguments = json!({
            "threadId": 1, "frameId": 1, "variablesReference": 1, "expression": "x", "text": "x",
            "column": 1, "sourceReference": 1,
        });
        let response = adapter.ask(&request(2, command, arguments));
        assert_eq!(response["success"], false, "{response}");
        assert_eq!(response["body"]["error"]["id"], 1002, "{response}");
    }
    let response = adapter.ask(&request(3, "threads", Value::Null));
    assert_eq!(response["body"]["threads"], json!([]), "{response}");
    let response = adapter.ask(&request(4, "configurationDone", Value::Null));
    assert_eq!(response["success"], true, "{response}");
}

#[test]
fn after_disconnect_nothing_is_served() {
    let mut adapter = Adapter::start();
    let mut bytes = framed(&initialize().to_string());
    for (seq, command) in [
        (2, "disconnect"),
        (3, "threads"),
        (4, "disconnect"),
        (5, "initialize"),
    ] {
        bytes.extend(framed(&request(seq, command, Value::Null).to_string()));
    }
    bytes.extend(b"Content-Length: x");
    adapter.send(&bytes);
    let end = adapter.end();
    assert_eq!(end.messages[0]["command"], "initialize", "{end:?}");
    assert_eq!(end.messages[1]["command"], "disconnect", "{end:?}");
    assert!(
        end.messages[2..]
            .iter()
            .all(|message| message["success"] == false),
        "{end:?}"
    );
    assert_eq!(end.code, Some(0), "{end:?}");
}

#[test]
fn wrong_types_of_arguments_name_the_field() {
    let mut adapter = Adapter::start();
    for (arguments, word) in [
        (json!({ "linesStartAt1": "yes" }), "boolean"),
        (json!({ "supportsVariableType": 1 }), "boolean"),
    ] {
        let response = adapter.ask(&request(1, "initialize", arguments));
        assert_eq!(response["success"], false, "{response}");
        assert!(
            response["message"].as_str().unwrap().contains(word),
            "{response}"
        );
    }
    let helix = json!({ "seq": 0, "type": "request", "command": "initialize", "arguments": null });
    let response = adapter.ask(&helix);
    assert_eq!(
        (&response["success"], &response["request_seq"]),
        (&json!(true), &json!(0))
    );
    for arguments in [
        json!({ "processId": 1, "pathMappings": 1 }),
        json!({ "processId": 1, "maxTasks": -1 }),
        json!({ "processId": 1, "maxTasks": "many" }),
        json!({ "processId": 1, "freeze": "no" }),
        json!({ "processId": 1, "taskFilter": [] }),
        json!({ "processId": 1, "pathMappings": [{ "localRoot": "/" }] }),
    ] {
        let response = adapter.ask(&request(2, "attach", arguments.clone()));
        assert_eq!(response["success"], false, "{arguments}: {response}");
        assert_eq!(
            response["message"], response["body"]["error"]["format"],
            "{response}"
        );
        let id = &response["body"]["error"]["id"];
        assert!(*id == 1000 || *id == 1007, "{arguments}: {response}");
    }
}
