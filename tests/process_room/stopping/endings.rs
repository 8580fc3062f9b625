//! A process that was stopped survives a panic, a crash and Ctrl-Z of the tracer, and
//! other tracers that want to stop it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::catch_unwind;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dapper_attach::process::{Error, Stop};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};

use super::{LONG, only};
use crate::support::{Target, helper, helper_pid, send, until};

/// Rounds of tests with random moments. `DAPPER_ATTACH_HARM_ROUNDS` asks for more.
fn rounds() -> u64 {
    let asked = std::env::var("DAPPER_ATTACH_HARM_ROUNDS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(20)
}

/// Waits until a helper's test has begun.
fn begun(helper: &mut Child) {
    let mut output = BufReader::new(helper.stdout.take().unwrap());
    let mut line = String::new();
    // The test harness prints something before.
    while !line.contains("stopping") {
        assert_ne!(output.read_line(&mut line).unwrap(), 0);
    }
    helper.stdout = Some(output.into_inner());
}

fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

#[test]
fn a_panic_of_its_owner_lets_it_go() {
    let target = Target::usual(&["20"]);
    let pid = target.pid();
    let outcome = catch_unwind(|| {
        let stop = Stop::all_threads(pid, LONG).unwrap();
        assert!(stop.expired(), "on purpose");
    });
    assert!(outcome.is_err());
    assert!(!target.states().contains('t'), "{}", target.states());
    target.beats();
}

#[test]
fn it_survives_a_panic_at_any_moment() {
    let target = Target::usual(&["50"]);
    let mut sent = 0;
    for round in 0..rounds() {
        let mut helper = helper("stopping::endings::panic_while_it_stops", target.pid())
            .env("RUST_BACKTRACE", "0")
            .env("PANIC_AFTER_US", (round * 7_919 % 9_973).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while helper.try_wait().unwrap().is_none() {
            target.signal(libc::SIGRTMIN());
            sent += 1;
            std::thread::sleep(Duration::from_micros(300));
        }
        until("all threads to run", || !target.states().contains('t'));
        until("all signals", || target.counter("signals") >= sent);
        target.beats();
    }
    assert_eq!(target.counter("signals"), sent);
}

#[test]
fn on_ctrl_z_it_is_let_go_first() {
    let target = Target::usual(&["20"]);
    // A group of its own: without a parent in another, Ctrl-Z does nothing.
    let mut holder = helper("stopping::hold_a_stop", target.pid())
        .process_group(0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the stop", || only(&target.states(), 't'));
    send(holder.id(), libc::SIGTSTP);
    until("our own stop", || state(holder.id()) == Some('T'));
    assert!(!target.states().contains('t'), "{}", target.states());
    target.beats();
    // Without a process to hold, Ctrl-Z has its usual effect again.
    send(holder.id(), libc::SIGCONT);
    until("our going on", || state(holder.id()) == Some('S'));
    send(holder.id(), libc::SIGTSTP);
    until("our own stop again", || state(holder.id()) == Some('T'));
    holder.kill().unwrap();
    holder.wait().unwrap();
    target.beats();
}

#[test]
fn a_crash_of_its_owner_leaves_no_core_dump_to_wait_for() {
    let target = Target::usual(&["20"]);
    let cores = tempfile::tempdir().unwrap();
    let crash = |holds: bool| {
        let name = match holds {
            true => "stopping::hold_a_stop",
            false => "stopping::endings::hold_nothing",
        };
        let mut command = helper(name, target.pid());
        command.current_dir(&cores).stdout(Stdio::piped());
        allow_core_dumps(&mut command);
        let mut helper = command.spawn().unwrap();
        match holds {
            true => until("the stop", || only(&target.states(), 't')),
            false => begun(&mut helper),
        }
        send(helper.id(), libc::SIGQUIT);
        let status = helper.wait().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGQUIT));
        status.core_dumped()
    };
    assert!(!crash(true));
    until("all threads to run", || !target.states().contains('t'));
    target.beats();
    // Where this machine allows none, the above shows nothing.
    assert!(crash(false) || hard_limit_of_core_dumps() == 0);
}

/// As `ulimit -c unlimited` does, as far as that is allowed. A shell that started the tests in
/// the background may have them ignore SIGQUIT.
fn allow_core_dumps(command: &mut Command) {
    let limit = hard_limit_of_core_dumps();
    let allow = move || {
        setrlimit(Resource::RLIMIT_CORE, limit, limit)?;
        // SAFETY: no handler is called.
        unsafe { signal(Signal::SIGQUIT, SigHandler::SigDfl) }?;
        Ok(())
    };
    // SAFETY: setrlimit() and signal() may be called between fork and exec.
    unsafe { command.pre_exec(allow) };
}

fn hard_limit_of_core_dumps() -> u64 {
    getrlimit(Resource::RLIMIT_CORE).unwrap().1
}

#[test]
fn another_copy_that_holds_it_is_waited_for() {
    let target = Target::usual(&["20"]);
    let mut other = helper("stopping::endings::hold_a_short_stop", target.pid())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("its stop", || only(&target.states(), 't'));
    let asked = Instant::now();
    let stop = Stop::all_threads(target.pid(), LONG).unwrap();
    assert!(asked.elapsed() > Duration::from_millis(20));
    assert!(only(&target.states(), 't'));
    drop(stop);
    other.wait().unwrap();
    target.beats();
}

#[test]
fn two_who_stop_it_again_and_again_do_not_fail() {
    let target = Target::usual(&["30"]);
    let mut other = helper("stopping::stop_again_and_again", target.pid())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    begun(&mut other);
    let mut held = 0;
    for _ in 0..100 {
        match Stop::all_threads(target.pid(), LONG) {
            Ok(_) => held += 1,
            // It never lets go for long; then, that is what is said.
            Err(Error::Stop { reason, .. }) => assert!(reason.contains("traced"), "{reason}"),
            Err(error) => panic!("{error}"),
        }
    }
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(held > 50, "{held}");
    until("all threads to run", || !target.states().contains('t'));
    target.beats();
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn hold_nothing() {
    println!("stopping");
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn panic_while_it_stops() {
    let pid = helper_pid();
    let after: u64 = std::env::var("PANIC_AFTER_US").unwrap().parse().unwrap();
    std::thread::spawn(move || {
        loop {
            let _ = Stop::all_threads(pid, LONG);
        }
    });
    std::thread::sleep(Duration::from_micros(after));
    panic!("on purpose");
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn hold_a_short_stop() {
    let _stop = Stop::all_threads(helper_pid(), LONG).unwrap();
    std::thread::sleep(Duration::from_millis(120));
}
