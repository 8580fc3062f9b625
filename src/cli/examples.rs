//! What help texts say at their end.

/// After the long help.
pub const MORE: &str = "\
Examples:
  dapper-attach --pid 4242                    the report
  dapper-attach --pid 4242 --children         and on every process below it
  dapper-attach --pid 4242 --task worker-3    all about one task
  dapper-attach --pid 4242 --threads          threads only
  dapper-attach --pid 4242 --json | jq '.processes[].diagnoses'
  dapper-attach --pid 4242 --exit-code >/dev/null || echo stuck
  dapper-attach check --pid 4242              debug mode, leaks, lost exceptions
  dapper-attach --pid 4242 --dot | dot -Tsvg > waits.svg
  dapper-attach capture --pid 4242 -o hang.dapper
  dapper-attach --capture hang.dapper         the same report, elsewhere and later
  dapper-attach ps                            which processes there are
  dapper-attach dap                           for editors: a debug adapter
  dapper-attach demo                          see it work on a small program that hangs

Permissions:
  Reading a process needs what a debugger needs. Processes of your own user can
  be read where /proc/sys/kernel/yama/ptrace_scope is 0 or missing. Where it is
  1 or 2, and for processes of other users, CAP_SYS_PTRACE is needed. To get it:
    sudo dapper-attach --pid PID
    sudo setcap cap_sys_ptrace+ep $(command -v dapper-attach)
    docker run --cap-add SYS_PTRACE ...; in Kubernetes securityContext.capabilities.add
  Nothing is installed or run in the process, and nothing is written to it. It
  stands still for some milliseconds (see --max-pause), or not at all (--no-pause).

Exit status:
  0  the snapshot was taken, whatever it says
  1  it could not be taken: one sentence on stderr; with --json also
     {\"error\": {\"code\", \"message\", \"hint\"}} on stdout
  2  wrong usage
  3  with --exit-code: the process hangs, or its event loop is blocked";

/// After the help of `dap`.
pub const DAP_EXAMPLES: &str = "\
Examples:
  dapper-attach dap                                what an editor starts
  dapper-attach dap --pid 4242                     for this process, whatever the editor says
  dapper-attach dap --capture hang.dapper          for what was recorded of one
  dapper-attach dap --listen 127.0.0.1:5678        for editors that connect
  dapper-attach dap --socket /run/user/1000/dapper.sock
  DAPPER_ATTACH_TOKEN=... dapper-attach dap --listen 0.0.0.0:5678 --allow-remote
Configurations for editors: docs/editors.md";

/// After the help of `capture`.
pub const CAPTURE_EXAMPLES: &str = "\
Examples:
  dapper-attach capture --pid 4242 -o hang.dapper
  dapper-attach --capture hang.dapper --locals
  dapper-attach dap --capture hang.dapper            in an editor
  dapper-attach capture --pid 4242 --redact -o for-others.dapper
  ssh HOST dapper-attach capture --pid 4242 -o - | dapper-attach --capture -

What is in it:
  All pages of memory that were read, as in a core dump: values of variables,
  and whatever lies beside them. Command lines, names of files, sockets and
  threads, and the source files that the diagnosis reads. The process's
  environment in /proc is not read; parts of it may lie in those pages.
  With --redact only the very bytes that the report without --locals is made
  from. In source files, strings, comments and numbers of more than two digits
  are masked; of a command line the program and its script remain. Names stay:
  of types, functions, files, attributes, tasks, threads, sockets; so does what
  the report itself shows, as the text of an exception that nobody retrieved.";
