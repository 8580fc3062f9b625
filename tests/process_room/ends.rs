//! Who has the other ends of sockets, pipes and terminals of real processes.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use dapper_attach::process::{Descriptors, Ends, OtherEnd};

use crate::support::{Target, is_root};

/// What the script prints of its `fds`, and that it is ready.
const SHOW: &str = "\nfor n, fd in enumerate(fds): print(n, hex(fd))\n\
                    print('ready', flush=True)\nimport sys\nsys.stdin.read()";

/// Runs a script of Python, which sets `fds`.
fn script(text: &str) -> (Target, Vec<i64>) {
    run(&mut Command::new("python3"), text)
}

fn run(command: &mut Command, text: &str) -> (Target, Vec<i64>) {
    let target = Target::start(command.args(["-c", &format!("{text}{SHOW}")]));
    let shown = (0..).map_while(|n: usize| target.addresses.get(&n.to_string()));
    let fds = shown.map(|fd| i64::try_from(*fd).unwrap()).collect();
    (target, fds)
}

fn ends(target: &Target, fds: &[i64]) -> BTreeMap<i64, Ends> {
    let descriptors = Descriptors::capture(&target.open());
    descriptors.find_ends(fds.iter().copied());
    let known = fds
        .iter()
        .filter_map(|fd| Some((*fd, descriptors.ends(*fd)?)));
    known.collect()
}

fn pids(end: &OtherEnd) -> Vec<u32> {
    let mut pids: Vec<u32> = end.owners.iter().map(|owner| owner.pid).collect();
    pids.sort_unstable();
    pids
}

#[test]
fn both_ends_of_a_pair_are_in_the_process() {
    let (target, fds) = script(
        "import socket, os\nleft, right = socket.socketpair()\ncopy = os.dup(right.fileno())\n\
         fds = [left.fileno(), right.fileno(), copy]",
    );
    let [left, right, copy] = fds[..] else {
        panic!("{fds:?}")
    };
    let found = ends(&target, &[left, right]);
    let other = found[&left].other.as_ref().unwrap();
    assert_eq!(other.fds, [right, copy]);
    assert_eq!(pids(other), [target.pid()]);
    assert!(other.accepted);
    assert!(other.owners[0].name.starts_with("python"));
    assert_eq!(found[&right].other.as_ref().unwrap().fds, [left]);
    // Nobody asked for this one.
    assert!(!found.contains_key(&copy));
}

#[test]
fn a_child_has_the_other_end_too() {
    let (target, fds) = script(
        "import socket, subprocess\nleft, right = socket.socketpair()\n\
         child = subprocess.Popen(['sleep', '1000'], pass_fds=[right.fileno()])\n\
         right.close()\nfds = [left.fileno(), child.pid]",
    );
    let [left, child] = fds[..] else {
        panic!("{fds:?}")
    };
    let found = ends(&target, &[left]);
    let other = found[&left].other.clone().unwrap();
    assert_eq!(pids(&other), [u32::try_from(child).unwrap()]);
    assert_eq!((other.fds, &*other.owners[0].name), (vec![], "sleep"));
    let _ = Command::new("kill").arg(child.to_string()).status();
}

#[test]
fn the_ends_of_a_pipe_are_told_apart() {
    let (target, fds) = script("import os\nfds = os.pipe()");
    let [reader, writer] = fds[..] else {
        panic!("{fds:?}")
    };
    let found = ends(&target, &fds);
    assert_eq!(found[&reader].other.as_ref().unwrap().fds, [writer]);
    assert_eq!(found[&writer].other.as_ref().unwrap().fds, [reader]);
    let pipe = found[&reader].pipe.as_ref().unwrap();
    assert_eq!(
        (&pipe.readers, &pipe.writers),
        (&vec![target.pid()], &vec![target.pid()])
    );
}

/// A server that accepts and writes when it gets a line, and closes at the next. It is a
/// process of its own: what this one holds is for a moment also held by each child that
/// another test starts.
const SERVER: &str = "
import socket, sys
listener = socket.create_server(('127.0.0.1', 0))
print('port', hex(listener.getsockname()[1]))
print('ready', flush=True)
sys.stdin.readline()
accepted, _ = listener.accept()
accepted.sendall(b'unread')
print('accepted', flush=True)
sys.stdin.readline()
accepted.close()
print('closed', flush=True)
sys.stdin.read()
";

#[test]
fn a_server_in_another_process_is_named() {
    let mut server = Target::start(Command::new("python3").args(["-c", SERVER]));
    let mut commands = server.child.stdin.take().unwrap();
    let (target, fds) = script(&format!(
        "import socket\ns = socket.create_connection(('127.0.0.1', {}))\nfds = [s.fileno()]",
        server.addresses["port"]
    ));
    let found = ends(&target, &fds);
    let other = found[&fds[0]].other.as_ref().unwrap();
    assert_eq!((pids(other), other.accepted), (vec![server.pid()], false));
    commands.write_all(b"accept\n").unwrap();
    assert_eq!(server.line(), "accepted");
    let found = ends(&target, &fds);
    let other = found[&fds[0]].other.as_ref().unwrap();
    assert_eq!((pids(other), other.accepted), (vec![server.pid()], true));
    let tcp = found[&fds[0]].tcp.unwrap();
    assert_eq!((tcp.unread, tcp.unacknowledged), (6, 0));
    commands.write_all(b"close\n").unwrap();
    assert_eq!(server.line(), "closed");
    // Who had it has closed it.
    assert_eq!(ends(&target, &fds)[&fds[0]].other, None);
}

#[test]
fn the_master_of_a_terminal_is_found() {
    let (target, fds) = script("import os\nfds = os.openpty()");
    let [master, slave] = fds[..] else {
        panic!("{fds:?}")
    };
    let found = ends(&target, &fds);
    assert_eq!(found[&master].other.as_ref().unwrap().fds, [slave]);
    assert_eq!(found[&slave].other.as_ref().unwrap().fds, [master]);
}

#[test]
fn of_another_network_only_tables_are_read() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let text = "import socket, subprocess\nsubprocess.run(['ip', 'link', 'set', 'lo', 'up'])\n\
                left, right = socket.socketpair()\n\
                l = socket.create_server(('127.0.0.1', 0))\n\
                c = socket.create_connection(l.getsockname())\n\
                d = socket.create_connection(l.getsockname())\n\
                a, _ = l.accept()\n\
                fds = [s.fileno() for s in (left, c, a, d, l)]";
    let mut command = Command::new("unshare");
    let (target, fds) = run(command.args(["--net", "python3"]), text);
    let [left, client, accepted, queued, listener] = fds[..] else {
        panic!("{fds:?}")
    };
    let found = ends(&target, &[left, client, queued]);
    assert_eq!(found[&left].other, None);
    assert_eq!(found[&client].other.as_ref().unwrap().fds, [accepted]);
    let other = found[&queued].other.as_ref().unwrap();
    assert_eq!((&*other.fds, other.accepted), (&[listener][..], false));
    assert_eq!(found[&client].tcp, None);
}
