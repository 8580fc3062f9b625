//! A session with its threads: a reader, a writer, a worker, and one that waits for
//! the end of the process. All post messages to the thread that owns the session.

use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::protocol::framing::{FramingError, read_message, write_message};
use super::session::Session;
use super::session::jobs::{Done, Job, Worker};
use super::session::options::Rules;
use super::transport::{Connection, Transport};
use super::values::opened_process::OpenedProcess;
use crate::process::{Ended, wait_for_end};

/// Maximum number of messages that wait for the owner.
const MAX_WAITING: usize = 4096;
/// Maximum number of bytes that a client may leave unread.
const MAX_UNREAD: usize = 512 << 20;
/// How long writing the last messages may take.
const LAST_WRITE_TIME: Duration = Duration::from_secs(2);

/// A message to the owner.
enum Message {
    Received(Vec<u8>),
    /// The client has disconnected, or breaks the protocol.
    Over(Option<FramingError>),
    Done(Done<Session>),
    TargetEnded(Ended),
}

/// Serves clients one after the other until there are no more.
///
/// `problem` is called with one sentence for each client that breaks the protocol.
///
/// # Errors
/// When the transport fails, or no thread can be started.
pub fn serve(
    transport: &mut dyn Transport,
    rules: &Rules,
    problem: &mut dyn FnMut(&str),
) -> std::io::Result<()> {
    while let Some(connection) = transport.accept()? {
        serve_one(connection, rules.clone(), problem)?;
    }
    Ok(())
}

struct Threads {
    messages: Receiver<Message>,
    post: SyncSender<Message>,
    written: Sender<Vec<u8>>,
    unread: Arc<AtomicUsize>,
    writer: JoinHandle<()>,
    worker: JoinHandle<()>,
}

fn serve_one(
    connection: Connection,
    rules: Rules,
    problem: &mut dyn FnMut(&str),
) -> std::io::Result<()> {
    let (post, messages) = sync_channel(MAX_WAITING);
    let (written, to_write) = channel::<Vec<u8>>();
    let (jobs, to_do) = channel::<Job<Session>>();
    let unread = Arc::new(AtomicUsize::new(0));
    let Connection {
        input,
        mut output,
        close,
    } = connection;
    let to_owner = post.clone();
    thread::Builder::new()
        .name("dap-read".into())
        .spawn(move || {
            read(&mut BufReader::new(input), &to_owner);
        })?;
    let (to_owner, left) = (post.clone(), Arc::clone(&unread));
    let writer = thread::Builder::new()
        .name("dap-write".into())
        .spawn(move || {
            for body in to_write {
                left.fetch_sub(body.len(), Ordering::Relaxed);
                if write_message(&mut output, &body).is_err() {
                    // The owner may have ended already.
                    let _ = to_owner.send(Message::Over(None));
                    return;
                }
            }
        })?;
    let to_owner = post.clone();
    let worker = thread::Builder::new()
        .name("dap-work".into())
        .spawn(move || {
            let mut inspection = OpenedProcess::default();
            for job in to_do {
                if to_owner.send(Message::Done(job(&mut inspection))).is_err() {
                    return;
                }
            }
        })?;
    let session = Session::new(rules, Box::new(Posted(jobs)));
    let threads = Threads {
        messages,
        post,
        written,
        unread,
        writer,
        worker,
    };
    own(session, threads, problem);
    close();
    Ok(())
}

fn read(input: &mut impl std::io::BufRead, post: &SyncSender<Message>) {
    loop {
        let message = match read_message(input) {
            Ok(Some(body)) => Message::Received(body),
            Ok(None) => Message::Over(None),
            Err(error) => Message::Over(Some(error)),
        };
        let is_last = matches!(message, Message::Over(_));
        if post.send(message).is_err() || is_last {
            return;
        }
    }
}

/// Posts jobs to the thread that does them.
struct Posted(Sender<Job<Session>>);

impl Worker<Session> for Posted {
    fn submit(&mut self, job: Job<Session>) {
        // That thread ends only after the session.
        let _ = self.0.send(job);
    }
}

/// The owner of the session: handles messages until the session is over.
fn own(mut session: Session, threads: Threads, problem: &mut dyn FnMut(&str)) {
    let watching = Arc::new(AtomicBool::new(true));
    let mut watched = None;
    while !session.is_over() {
        match next(&threads.messages, session.next_tick()) {
            Some(Message::Received(body)) => session.receive(&body),
            Some(Message::Done(done)) => done(&mut session),
            Some(Message::TargetEnded(ended)) => session.target_ended(ended.status),
            Some(Message::Over(error)) => {
                if let Some(error) = error {
                    problem(&format!(
                        "the client's messages cannot be understood: {error}"
                    ));
                }
                break;
            }
            None => session.tick(Instant::now()),
        }
        if session.pid() != watched {
            watched = session.pid();
            watch(watched, &watching, &threads.post);
        }
        send(&mut session, &threads);
        if threads.unread.load(Ordering::Relaxed) > MAX_UNREAD {
            problem("the client does not read what it asks for: its session is ended");
            break;
        }
    }
    watching.store(false, Ordering::Relaxed);
    session.cancel_all();
    send(&mut session, &threads);
    let Threads {
        messages,
        post,
        written,
        writer,
        worker,
        ..
    } = threads;
    // Closed channels end the threads. Jobs that still wait were cancelled. The
    // worker lets the process go when it drops the inspection.
    drop((session, written, post));
    while !worker.is_finished() {
        let _ = messages.recv_timeout(Duration::from_millis(5));
    }
    drop(messages);
    // A panic of the worker was reported already.
    let _ = worker.join();
    let until = Instant::now() + LAST_WRITE_TIME;
    while !writer.is_finished() && Instant::now() < until {
        thread::sleep(Duration::from_millis(2));
    }
}

/// The next message; `None` at the time `due`.
fn next(messages: &Receiver<Message>, due: Option<Instant>) -> Option<Message> {
    let Some(due) = due else {
        return Some(messages.recv().unwrap_or(Message::Over(None)));
    };
    let left = due.saturating_duration_since(Instant::now());
    match messages.recv_timeout(left) {
        Ok(message) => Some(message),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Message::Over(None)),
    }
}

fn send(session: &mut Session, threads: &Threads) {
    for body in session.take_output() {
        threads.unread.fetch_add(body.len(), Ordering::Relaxed);
        // A writer that has ended has posted that.
        let _ = threads.written.send(body);
    }
}

/// Waits for the end of the process in a thread of its own.
fn watch(pid: Option<u32>, watching: &Arc<AtomicBool>, post: &SyncSender<Message>) {
    let Some(pid) = pid else { return };
    let (watching, post) = (Arc::clone(watching), post.clone());
    let wait = move || {
        if let Some(ended) = wait_for_end(pid, || watching.load(Ordering::Relaxed)) {
            let _ = post.send(Message::TargetEnded(ended));
        }
    };
    // Without this thread, only the end of the process goes unnoticed.
    let _ = thread::Builder::new().name("dap-watch".into()).spawn(wait);
}
