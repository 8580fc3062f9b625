//! The error for a process that we may not read, and the facts behind it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User};
use procfs::process::Process as Directory;

use super::permission::{Container, Facts, explain, sudo};
use crate::process::Error;
use crate::process::proc::files::Status;

/// `CAP_SYS_PTRACE` of the kernel's `capability.h`.
const CAP_SYS_PTRACE: u32 = 19;
/// `/proc/self/uid_map` of the initial user namespace: all user ids are mapped to
/// themselves.
const ALL_IDS: [&str; 3] = ["0", "0", "4294967295"];

/// The error for process `pid`, whose memory we were not allowed to read.
pub(crate) fn denied(pid: u32) -> Error {
    let (reason, fix) = explain(&gather(pid));
    Error::Permission { pid, reason, fix }
}

/// The error for a process that exists but is not in our `/proc`.
pub(crate) fn hidden(pid: u32) -> Error {
    Error::Permission {
        pid,
        reason: "/proc does not show it: it is mounted with `hidepid`, or belongs to another \
                 pid namespace"
            .into(),
        fix: sudo(pid),
    }
}

/// The name of a user. `None` when it has none here.
pub(crate) fn user_name(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid))
        .ok()
        .flatten()
        .map(|user| user.name)
}

fn gather(pid: u32) -> Facts {
    let directory = |pid: u32| Directory::new(i32::try_from(pid).ok()?).ok();
    let status = |pid| Status::of_process(&directory(pid)?).ok();
    let ours = status(std::process::id());
    let its = status(pid);
    let three = |name| -> Vec<u32> {
        let ids = its.as_ref().map(|status| status.numbers(name));
        ids.unwrap_or_default().into_iter().take(3).collect()
    };
    let (its_uids, its_gids) = (three("Uid"), three("Gid"));
    let capabilities = |status: &Option<Status>, name| {
        let bits = status.as_ref().and_then(|status| status.bits(name));
        bits.unwrap_or_default()
    };
    let (can, allowed) = (capabilities(&ours, "CapEff"), capabilities(&its, "CapPrm"));
    let our_uid = Uid::current().as_raw();
    Facts {
        pid,
        our_uid,
        our_user: user_name(our_uid),
        our_gid: Gid::current().as_raw(),
        its_user: its_uids.get(1).and_then(|uid| user_name(*uid)),
        undumpable: is_undumpable(pid, its_uids.get(1).copied()),
        its_uids,
        its_gids,
        can_trace: can & 1 << CAP_SYS_PTRACE != 0,
        in_first_namespace: fs::read_to_string("/proc/self/uid_map")
            .is_ok_and(|map| map.split_whitespace().eq(ALL_IDS)),
        same_namespace: same_user_namespace(pid),
        more_capable: allowed & !can != 0,
        yama_scope: number_in("/proc/sys/kernel/yama/ptrace_scope"),
        seccomp_filter: ours.as_ref().and_then(|status| status.number("Seccomp")) == Some(2),
        profile: security_profile(),
        container: container(),
    }
}

/// The files in `/proc/PID` of an undumpable process belong to root instead of its
/// user. The directory itself still belongs to its user.
fn is_undumpable(pid: u32, uid: Option<u32>) -> bool {
    let owner = fs::metadata(format!("/proc/{pid}/environ")).map(|file| file.uid());
    matches!((owner, uid), (Ok(owner), Some(uid)) if owner != uid)
}

fn same_user_namespace(pid: u32) -> Option<bool> {
    let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/user")).ok();
    Some(namespace("self")? == namespace(&pid.to_string())?)
}

fn number_in(path: &str) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn security_profile() -> Option<String> {
    let profile = fs::read_to_string("/proc/self/attr/current").ok()?;
    let profile = profile.trim_matches(['\0', '\n', ' ']);
    let confines = !profile.is_empty() && !profile.starts_with("unconfined");
    // SELinux labels every process, confined or not.
    (confines && !profile.contains(":unconfined_t:")).then(|| profile.to_owned())
}

fn container() -> Option<Container> {
    let groups = fs::read_to_string("/proc/1/cgroup").unwrap_or_default();
    let has = |word: &str| groups.contains(word);
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() || has("kubepods") {
        Some(Container::Kubernetes)
    } else if Path::new("/.dockerenv").exists() || has("docker") {
        Some(Container::Docker)
    } else if Path::new("/run/.containerenv").exists() || has("libpod") {
        Some(Container::Podman)
    } else if has("lxc") || has("containerd") {
        Some(Container::Other)
    } else {
        None
    }
}
