//! The list of processes, their properties, and why some may not be read.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use dapper_attach::process::{Error, Process, python_processes};

use crate::support::{
    Target, as_nobody, compiled, fresh_directory, helper, helper_pid, is_root, until, usual_program,
};

/// Starts Python, not a wrapper of it, and waits until it is ready.
fn python(arguments: &[&str]) -> Target {
    let script = "print('ready', flush=True); import sys; sys.stdin.read()";
    Target::start(Command::new("python3").args(["-c", script]).args(arguments))
}

#[test]
fn a_process_says_who_it_is() {
    let directory = fresh_directory();
    let program = directory.join(OsStr::from_bytes(b"caf\xc3\xa9 (x) \xff"));
    fs::copy(usual_program(), &program).unwrap();
    let arguments: [&[u8]; 4] = [b"0", b"", b"\xfe", b"last one"];
    let mut command = Command::new(&program);
    command.args(arguments.map(OsStr::from_bytes));
    let target = Target::start(&mut command);
    let process = target.open();
    assert_eq!(process.pid(), target.pid());
    assert_eq!(process.parent_pid(), Some(std::process::id()));
    let shown = program.to_string_lossy().into_owned();
    assert_eq!(process.command(), [&shown, "0", "", "\u{fffd}", "last one"]);
    assert_eq!(process.executable(), Some(shown));
    assert!(process.is_alive());
    let stack = |process: &Process| {
        let mut mappings = process.mappings().iter();
        mappings.any(|mapping| mapping.path.as_deref() == Some("[stack]"))
    };
    assert!(stack(&process));
    drop(target);
    assert!(!process.is_alive());
    assert!(matches!(process.native_threads(), Err(Error::Gone { .. })));
}

#[test]
fn threads_are_described_whatever_their_names() {
    let target = Target::usual(&["headless"]);
    until("the end of the main thread", || {
        target.states().starts_with('Z')
    });
    // It is reached through a thread that still runs.
    let process = target.open();
    assert!(process.is_alive());
    assert_eq!(process.kernel_thread(target.pid()).state, 'Z');
    let ids = process.native_threads().unwrap();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[0], target.pid());
    let beating = *ids.last().unwrap();
    // It took its name from the main thread, cut within a character.
    assert_eq!(process.kernel_thread(beating).comm, "h\u{e9}) R (\u{fffd}");
    assert_eq!(process.namespace_tid(beating), Some(beating));
    until("its sleep", || {
        let call = process.kernel_thread(beating).syscall;
        call.is_some_and(|call| call.name == Some("clock_nanosleep") && call.number == 230)
    });
    let gone = process.kernel_thread(1 << 30);
    assert_eq!(
        (gone.comm.as_str(), gone.state, gone.syscall),
        ("", 'X', None)
    );
    assert_eq!(process.namespace_tid(1 << 30), None);
    target.beats();
}

#[test]
fn a_thread_knows_itself_by_the_id_of_its_own_namespace() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let script = "exec 3<&0; \"$0\" 2 <&3 & wait $!";
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--kill-child", "sh", "-c", script])
        .arg(usual_program());
    let target = Target::start(&mut command);
    let family = target.open().children();
    assert_eq!(family.len(), 2, "the shell and the program");
    let inner = Process::open(family[1]).unwrap();
    assert_eq!(inner.parent_pid(), Some(family[0]));
    let ids = inner.native_threads().unwrap();
    let known: Vec<Option<u32>> = ids.iter().map(|tid| inner.namespace_tid(*tid)).collect();
    assert_eq!(known, [Some(2), Some(3), Some(4), Some(5)]);
}

#[test]
fn children_come_after_their_parents_and_in_order() {
    let script = "sh -c '\"$0\" 0 & \"$0\" 0 & wait' \"$0\" & sh -c '\"$0\" 0; true' \"$0\" & \
                  echo ready; wait";
    let directory = fresh_directory();
    let program = directory.join("target");
    // Its own copy, which waits for nobody's input.
    fs::copy("/bin/sleep", &program).unwrap();
    let script = script.replace("\"$0\" 0", "\"$0\" 1000");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(&program);
    let target = Target::start(&mut command);
    let process = target.open();
    until("all children", || process.children().len() == 5);
    let children = process.children();
    let parents: Vec<u32> = children
        .iter()
        .map(|child| Process::open(*child).unwrap().parent_pid().unwrap())
        .collect();
    let (first, second) = (children[0], children[3]);
    assert_eq!(parents, [target.pid(), first, first, target.pid(), second]);
    assert!(children[1] < children[2]);
    for child in children {
        crate::support::send(child, libc::SIGKILL);
    }
}

#[test]
fn what_is_not_there_to_be_read() {
    for pid in [0, u32::MAX, i32::MAX as u32] {
        assert_eq!(
            Process::open(pid).unwrap_err(),
            Error::NoSuchProcess { pid }
        );
    }
    let mut ended = Command::new("true").spawn().unwrap();
    let pid = ended.id();
    until("a zombie", || {
        Process::open(pid).is_err_and(|e| e == Error::Zombie { pid })
    });
    ended.wait().unwrap();
    assert_eq!(
        Process::open(pid).unwrap_err(),
        Error::NoSuchProcess { pid }
    );

    let target = Target::usual(&["1"]);
    let tid = *target.open().native_threads().unwrap().last().unwrap();
    let error = Process::open(tid).unwrap_err();
    assert_eq!(error.code(), "unreadable");
    assert!(
        error
            .to_string()
            .contains(&format!("a thread of process {}", target.pid()))
    );
}

#[test]
fn a_kernel_thread_is_no_program() {
    let name = fs::read_to_string("/proc/2/comm").unwrap_or_default();
    if name.trim_end() != "kthreadd" {
        return eprintln!("skipped: no kernel threads here");
    }
    assert_eq!(
        Process::open(2).unwrap_err(),
        Error::KernelThread { pid: 2 }
    );
}

#[test]
fn another_users_process_is_refused_with_the_reason() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let target = Target::usual(&[]);
    let mut command = helper("processes::say_why_it_cannot_be_opened", target.pid());
    let Ok(output) = as_nobody(&mut command).stderr(Stdio::null()).output() else {
        return eprintln!("skipped: others may not run this test binary");
    };
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.contains("it belongs to user root (uid 0) and you are nobody"),
        "{output}"
    );
    let fix = format!("run as root: `sudo dapper-attach --pid {}`", target.pid());
    assert!(output.contains(&fix), "{output}");
}

#[test]
fn an_undumpable_process_is_refused_with_the_reason() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    // A program that its own user may not read is not dumpable.
    let program = Path::new("/tmp").join(format!("unreadable-{}", std::process::id()));
    fs::copy(usual_program(), &program).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    fs::set_permissions(&program, mode).unwrap();
    let target = Target::start(as_nobody(&mut Command::new(&program)));
    fs::remove_file(&program).unwrap();
    let mut command = helper("processes::say_why_it_cannot_be_opened", target.pid());
    let Ok(output) = as_nobody(&mut command).stderr(Stdio::null()).output() else {
        return eprintln!("skipped: others may not run this test binary");
    };
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.contains("it does not let its user inspect it"),
        "{output}"
    );
    // Root may.
    target.beats();
}

#[test]
fn python_is_listed_and_others_are_not() {
    let ours = python(&["an argument"]);
    let other = Target::usual(&[]);
    let listed = python_processes();
    let candidate = listed
        .iter()
        .find(|candidate| candidate.pid == ours.pid())
        .unwrap();
    assert!(candidate.readable);
    assert_eq!(candidate.parent, Some(std::process::id()));
    assert_eq!(candidate.command.last().unwrap(), "an argument");
    assert_eq!(candidate.uid, nix::unistd::geteuid().as_raw());
    assert!(
        candidate
            .executable
            .as_deref()
            .is_some_and(|path| path.contains("python3"))
    );
    assert!(listed.iter().all(|candidate| candidate.pid != other.pid()));
    assert!(listed.is_sorted_by_key(|candidate| candidate.pid));
}

#[test]
fn python_inside_another_program_is_listed_too() {
    // A file of a standard library makes it worth a look, the symbol decides.
    let library = fresh_directory().join("python3.99-module.so");
    fs::write(&library, [0; 4096]).unwrap();
    let arguments = ["map", library.to_str().unwrap()];
    let program = compiled("target.c", &["-rdynamic", "-Dbeats=_PyRuntime"]);
    let embedding = Target::start(Command::new(program).args(arguments));
    let other = Target::usual(&arguments);
    let listed = python_processes();
    let has = |pid| listed.iter().any(|candidate| candidate.pid == pid);
    assert!(has(embedding.pid()));
    assert!(!has(other.pid()));
}

#[test]
fn python_that_may_not_be_read_is_listed_by_its_name() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let target = python(&[]);
    let mut command = helper("processes::say_whether_it_is_listed", target.pid());
    let Ok(output) = as_nobody(&mut command).output() else {
        return eprintln!("skipped: others may not run this test binary");
    };
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(output.contains("listed, readable: false"), "{output}");
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn say_why_it_cannot_be_opened() {
    let error = Process::open(helper_pid()).unwrap_err();
    assert_eq!(error.code(), "permission");
    println!("{error}; {}", error.hint().unwrap_or_default());
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn say_whether_it_is_listed() {
    for candidate in python_processes() {
        if candidate.pid == helper_pid() {
            println!("listed, readable: {}", candidate.readable);
        }
    }
}
