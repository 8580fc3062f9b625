//! Why one process may not read another's memory and what would help, derived from
//! facts that were gathered before.

/// The facts that `__ptrace_may_access` (kernel/ptrace.c of Linux) decides by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub pid: u32,
    pub our_uid: u32,
    pub our_user: Option<String>,
    pub our_gid: u32,
    /// Real, effective and saved.
    pub its_uids: Vec<u32>,
    pub its_user: Option<String>,
    pub its_gids: Vec<u32>,
    /// Whether we have `CAP_SYS_PTRACE`, possibly in our own user namespace only.
    pub can_trace: bool,
    /// Whether we are in the initial user namespace, which rules all others.
    pub in_first_namespace: bool,
    /// Whether it is in our user namespace. `None` if the kernel does not tell.
    pub same_namespace: Option<bool>,
    /// Whether its user may not inspect it (`PR_SET_DUMPABLE`).
    pub undumpable: bool,
    /// Whether it may have capabilities that we do not have.
    pub more_capable: bool,
    /// `kernel.yama.ptrace_scope`; `None` without Yama.
    pub yama_scope: Option<u32>,
    /// Whether a seccomp filter restricts us.
    pub seccomp_filter: bool,
    /// The security profile that confines us. `None` without one.
    pub profile: Option<String>,
    /// The container that we run in. `None` outside of one.
    pub container: Option<Container>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Docker,
    Podman,
    Kubernetes,
    Other,
}

impl Facts {
    /// Whether our `CAP_SYS_PTRACE` counts for the target.
    fn is_privileged(&self) -> bool {
        self.can_trace && (self.in_first_namespace || self.same_namespace == Some(true))
    }

    /// A user id of the target that is not ours, the effective one first.
    fn other_uid(&self) -> Option<u32> {
        let effective_first = [1, 2, 0].map(|index| self.its_uids.get(index).copied());
        effective_first
            .into_iter()
            .flatten()
            .find(|uid| *uid != self.our_uid)
    }

    fn other_gid(&self) -> Option<u32> {
        self.its_gids
            .iter()
            .copied()
            .find(|gid| *gid != self.our_gid)
    }
}

/// The reason and its fix. The order is that of the kernel's checks.
pub(crate) fn explain(facts: &Facts) -> (String, String) {
    let pid = facts.pid;
    if facts.yama_scope == Some(3) {
        return (
            "kernel.yama.ptrace_scope is 3, which forbids it to everybody".into(),
            "it can only be changed by a reboot: set kernel.yama.ptrace_scope to 1 in \
             /etc/sysctl.d and restart the machine"
                .into(),
        );
    }
    if !facts.is_privileged()
        && let Some(reason_and_fix) = explain_unprivileged(facts)
    {
        return reason_and_fix;
    }
    if facts.seccomp_filter {
        let fix = match facts.container {
            Some(Container::Kubernetes) => grant_in_container(Container::Kubernetes),
            Some(container) => format!(
                "{}; or with `--security-opt seccomp=unconfined`",
                grant_in_container(container)
            ),
            None => format!("run it outside the sandbox: {}", sudo(pid)),
        };
        return ("a seccomp filter forbids the system call".into(), fix);
    }
    if let Some(profile) = &facts.profile {
        return (
            format!("the security profile {profile} forbids it"),
            match facts.container {
                Some(_) => "start the container with `--security-opt apparmor=unconfined`, or run \
                            dapper-attach on the host as root"
                    .into(),
                None => format!("run it outside of that profile: {}", sudo(pid)),
            },
        );
    }
    (
        "the kernel refused it and does not say why: a security module may forbid it".into(),
        grant(facts),
    )
}

/// The checks of the kernel for processes without `CAP_SYS_PTRACE`.
fn explain_unprivileged(facts: &Facts) -> Option<(String, String)> {
    let pid = facts.pid;
    if let Some(uid) = facts.other_uid() {
        let its_user = match &facts.its_user {
            Some(user) => format!("user {user} (uid {uid})"),
            None => format!("uid {uid}"),
        };
        if facts.can_trace {
            let reason = format!("it belongs to {its_user} in another user namespace");
            return Some((reason, format!("run it on the host: {}", sudo(pid))));
        }
        if facts.our_uid == 0 {
            let reason = format!(
                "it belongs to {its_user}, and you are root without the capability SYS_PTRACE"
            );
            return Some((reason, grant(facts)));
        }
        let our_uid = facts.our_uid;
        let we = match &facts.our_user {
            Some(user) => format!("you are {user} (uid {our_uid})"),
            None => format!("you have uid {our_uid}"),
        };
        let who = facts.its_user.as_deref().filter(|user| *user != "root");
        let who = who.map_or_else(|| "root".into(), |user| format!("{user} or root"));
        return Some((
            format!("it belongs to {its_user} and {we}"),
            format!("run as {who}: {}", sudo(pid)),
        ));
    }
    if let Some(gid) = facts.other_gid() {
        let reason = format!("it runs with another group (gid {gid}) than you");
        return Some((reason, grant(facts)));
    }
    if facts.same_namespace == Some(false) {
        let reason = "it runs in another user namespace".into();
        return Some((reason, format!("run it on the host: {}", sudo(pid))));
    }
    if facts.undumpable {
        let reason = "it does not let its user inspect it: it has changed its user, runs a \
                      program that you may not read, or has called prctl(PR_SET_DUMPABLE, 0)";
        return Some((reason.into(), grant(facts)));
    }
    if facts.more_capable {
        let reason = "it may have capabilities that you have not";
        return Some((reason.into(), grant(facts)));
    }
    match facts.yama_scope {
        Some(1) => {
            let reason =
                "kernel.yama.ptrace_scope is 1, which only lets a parent trace its children";
            let fix = match facts.container {
                Some(_) => format!(
                    "on the host: `sudo sysctl kernel.yama.ptrace_scope=0` (until reboot); or {}",
                    grant(facts)
                ),
                None => format!(
                    "`sudo sysctl kernel.yama.ptrace_scope=0` (until reboot), or {}",
                    grant(facts)
                ),
            };
            Some((reason.into(), fix))
        }
        Some(2) => {
            let reason = "kernel.yama.ptrace_scope is 2, which only lets administrators trace";
            Some((reason.into(), grant(facts)))
        }
        _ => None,
    }
}

/// How to get `CAP_SYS_PTRACE`, which lifts all checks.
fn grant(facts: &Facts) -> String {
    match facts.container {
        Some(container) => grant_in_container(container),
        None => format!(
            "run as root: {}; or grant the capability: \
             `sudo setcap cap_sys_ptrace=ep $(which dapper-attach)`",
            sudo(facts.pid)
        ),
    }
}

fn grant_in_container(container: Container) -> String {
    const KUBERNETES: &str = "add `securityContext.capabilities.add: [SYS_PTRACE]` to the \
                              container's spec";
    let start = |tool: &str| format!("start the container with `{tool} run --cap-add SYS_PTRACE`");
    match container {
        Container::Docker => start("docker"),
        Container::Podman => start("podman"),
        Container::Kubernetes => KUBERNETES.into(),
        Container::Other => {
            format!("{} (Docker), or {KUBERNETES} (Kubernetes)", start("docker"))
        }
    }
}

pub(crate) fn sudo(pid: u32) -> String {
    format!("`sudo dapper-attach --pid {pid}`")
}

#[cfg(test)]
mod tests {
    use crate::process::access::permission::*;

    /// Bob looks at his own process on a plain machine.
    fn bob() -> Facts {
        Facts {
            pid: 4242,
            our_uid: 1001,
            our_user: Some("bob".into()),
            our_gid: 1001,
            its_uids: vec![1001; 3],
            its_user: Some("bob".into()),
            its_gids: vec![1001; 3],
            in_first_namespace: true,
            same_namespace: Some(true),
            ..Facts::default()
        }
    }

    fn alices() -> Facts {
        Facts {
            its_uids: vec![1000; 3],
            its_user: Some("alice".into()),
            ..bob()
        }
    }

    #[test]
    fn of_another_user() {
        let (reason, fix) = explain(&alices());
        assert_eq!(
            reason,
            "it belongs to user alice (uid 1000) and you are bob (uid 1001)"
        );
        assert_eq!(fix, "run as alice or root: `sudo dapper-attach --pid 4242`");
    }

    #[test]
    fn of_users_without_names() {
        let facts = Facts {
            our_user: None,
            its_user: None,
            ..alices()
        };
        let (reason, fix) = explain(&facts);
        assert_eq!(reason, "it belongs to uid 1000 and you have uid 1001");
        assert_eq!(fix, "run as root: `sudo dapper-attach --pid 4242`");
    }

    #[test]
    fn of_a_program_that_runs_as_root_for_us() {
        let facts = Facts {
            its_uids: vec![1001, 0, 0],
            its_user: Some("root".into()),
            undumpable: true,
            ..bob()
        };
        let (reason, fix) = explain(&facts);
        assert_eq!(
            reason,
            "it belongs to user root (uid 0) and you are bob (uid 1001)"
        );
        assert_eq!(fix, "run as root: `sudo dapper-attach --pid 4242`");
    }

    #[test]
    fn of_yama() {
        let with = |scope| {
            explain(&Facts {
                yama_scope: Some(scope),
                ..bob()
            })
        };
        let (reason, fix) = with(1);
        assert!(
            reason.starts_with("kernel.yama.ptrace_scope is 1"),
            "{reason}"
        );
        assert!(
            fix.starts_with("`sudo sysctl kernel.yama.ptrace_scope=0`"),
            "{fix}"
        );
        assert!(
            fix.contains("sudo setcap cap_sys_ptrace=ep $(which dapper-attach)"),
            "{fix}"
        );
        assert!(with(2).0.contains("is 2"));
        assert!(with(3).0.contains("is 3"));
        assert!(with(3).1.contains("reboot"));
        assert!(with(0).0.contains("does not say why"));
    }

    #[test]
    fn of_root_without_the_capability_in_each_container() {
        let cases = [
            (Container::Docker, "docker run --cap-add SYS_PTRACE"),
            (Container::Podman, "podman run --cap-add SYS_PTRACE"),
            (
                Container::Kubernetes,
                "securityContext.capabilities.add: [SYS_PTRACE]",
            ),
            (
                Container::Other,
                "securityContext.capabilities.add: [SYS_PTRACE]",
            ),
        ];
        for (container, expected) in cases {
            let root = Facts {
                our_uid: 0,
                our_user: Some("root".into()),
                container: Some(container),
                seccomp_filter: true,
                ..alices()
            };
            let (reason, fix) = explain(&root);
            assert!(
                reason.ends_with("root without the capability SYS_PTRACE"),
                "{reason}"
            );
            assert!(fix.contains(expected), "{fix}");
        }
    }

    #[test]
    fn of_another_user_namespace() {
        let inside = Facts {
            our_uid: 0,
            can_trace: true,
            in_first_namespace: false,
            same_namespace: None,
            its_user: None,
            its_uids: vec![65_534; 3],
            ..bob()
        };
        let (reason, fix) = explain(&inside);
        assert!(reason.ends_with("in another user namespace"), "{reason}");
        assert!(fix.starts_with("run it on the host"), "{fix}");
        let mapped = Facts {
            same_namespace: Some(false),
            ..bob()
        };
        assert_eq!(explain(&mapped).0, "it runs in another user namespace");
    }

    #[test]
    fn of_a_process_that_hides_itself() {
        let (reason, fix) = explain(&Facts {
            undumpable: true,
            ..bob()
        });
        assert!(reason.contains("PR_SET_DUMPABLE"), "{reason}");
        assert!(fix.contains("sudo dapper-attach --pid 4242"), "{fix}");
        let (reason, _) = explain(&Facts {
            more_capable: true,
            ..bob()
        });
        assert!(
            reason.contains("capabilities that you have not"),
            "{reason}"
        );
        let (reason, _) = explain(&Facts {
            its_gids: vec![1001, 5, 5],
            ..bob()
        });
        assert!(reason.contains("another group (gid 5)"), "{reason}");
    }

    #[test]
    fn of_what_binds_even_the_privileged() {
        let root = Facts {
            our_uid: 0,
            can_trace: true,
            ..alices()
        };
        let filtered = Facts {
            seccomp_filter: true,
            container: Some(Container::Docker),
            ..root.clone()
        };
        let (reason, fix) = explain(&filtered);
        assert!(reason.contains("seccomp"), "{reason}");
        assert!(fix.contains("--security-opt seccomp=unconfined"), "{fix}");
        let confined = Facts {
            profile: Some("docker-default (enforce)".into()),
            ..root
        };
        assert!(explain(&confined).0.contains("docker-default"));
    }
}
