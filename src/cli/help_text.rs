//! The texts at the end of `--help`.

/// Ends `dapper-attach --help`.
pub(super) const REPORT_HELP: &str = "\
Examples:
  dapper-attach ps                            list the Python processes
  dapper-attach --pid 4242                    report on one process
  dapper-attach --pid 4242 --children         and on all processes below it
  dapper-attach --pid 4242 --task worker-3    show all about one task
  dapper-attach --pid 4242 --threads          show threads only
  dapper-attach --pid 4242 --format json | jq '.processes[].diagnoses'
  dapper-attach --pid 4242 --format dot | dot -Tsvg > waits.svg
  dapper-attach --pid 4242 --exit-code > report.txt || echo 'hangs, or unreadable'
  dapper-attach check --pid 4242              check debug mode, leaks, lost exceptions
  dapper-attach capture --pid 4242 -o hang.dapper
  dapper-attach --capture hang.dapper         the same report, later or elsewhere
  dapper-attach record --pid 4242 -d 60 -o slow.dapper
  dapper-attach report slow.dapper --at 12.5        the report of that moment
  dapper-attach top --pid 4242                look at it as it lives
  dapper-attach dap                           serve an editor as a debug adapter
  dapper-attach demo                          report on a small program that hangs

Permissions:
  Reading a process needs the permission that a debugger needs. Processes of your
  own user can be read if /proc/sys/kernel/yama/ptrace_scope is 0 or missing. If it
  is 1 or 2, and for processes of other users, you need CAP_SYS_PTRACE. To get it:
    sudo dapper-attach --pid PID
    sudo setcap cap_sys_ptrace=ep \"$(command -v dapper-attach)\"
    docker run --cap-add SYS_PTRACE ...; in Kubernetes securityContext.capabilities.add
  Nothing is installed or run in the process, and nothing is written to it. It is
  stopped for some milliseconds (--max-pause), or not at all (--no-pause).

Exit status:
  0  the snapshot was taken, whatever it says
  1  it could not be taken: stderr says why and how to fix it; with --format json
     stdout has {\"error\": {\"code\", \"message\", \"hint\"}}
  2  wrong usage
  3  with --exit-code: the process hangs, or its event loop is blocked";

/// Ends `dapper-attach dap --help`.
pub(super) const DAP_HELP: &str = "\
Examples:
  dapper-attach dap                                what an editor starts
  dapper-attach dap --pid 4242                     for this process only
  dapper-attach dap --capture hang.dapper          for a capture
  dapper-attach dap --listen 127.0.0.1:5678        for editors that connect to a port
  dapper-attach dap --socket /run/user/1000/dapper.sock
  DAPPER_ATTACH_TOKEN=... dapper-attach dap --listen 0.0.0.0:5678 --allow-remote
Configurations for editors: docs/editors.md";

/// Ends `dapper-attach capture --help`.
pub(super) const CAPTURE_HELP: &str = "\
Examples:
  dapper-attach capture --pid 4242 -o hang.dapper
  dapper-attach --capture hang.dapper --locals
  dapper-attach dap --capture hang.dapper            in an editor
  dapper-attach capture --pid 4242 --redact -o for-others.dapper
  ssh HOST dapper-attach capture --pid 4242 -o - | dapper-attach --capture -

What a capture contains:
  All pages of memory that were read, as in a core dump: the values of variables
  and whatever lies beside them. Command lines; names of files, sockets and
  threads; the source files that the diagnosis reads. The process's environment is
  not read from /proc, but parts of it may lie in those pages.

With --redact:
  Only the bytes that the report without --locals is made from. In source files,
  strings, comments and numbers of more than two digits are masked. Of a command
  line, only the program and its script remain. Names remain: of types, functions,
  files, attributes, tasks, threads and sockets. What the report itself shows also
  remains, such as the message of an exception that nobody retrieved.";

/// Ends `dapper-attach record --help`.
pub(super) const RECORD_HELP: &str = "\
Examples:
  dapper-attach record --pid 4242                       until Ctrl-C, a page for a browser
  dapper-attach record --pid 4242 -d 30 -o slow.html    for 30 s
  dapper-attach record --pid 4242 -d 1m -r 200 -o slow.pb.gz
  dapper-attach record --pid 4242 -d 1m -o slow.dapper  for convert, diff, --capture, editors
  dapper-attach record --pid 4242 -d 30 -f perfetto     for ui.perfetto.dev, a track per task
  dapper-attach record --pid 4242 -d 30 -f firefox      for profiler.firefox.com
  dapper-attach record --pid 4242 --children -d 30 -o slow.html    slow-4243.html of its child 4243
  dapper-attach record -o app.speedscope.json -- python app.py
  dapper-attach record --pid 4242 -d 10 -f collapsed -o - | sort -k2 | head
  kill -USR1 $(pidof dapper-attach)                     writes now, and goes on

What the numbers are:
  Time, not counts: each task and thread is in one state from one look to the next,
  and each state has a reason: the lock and who has it, the queue, the peer of the
  socket, a timer, a worker. Waiting is part of it. A border between two states is
  known to within half the time between two looks. The process is never stopped;
  what changed while it was read is left out of that look, and counted. How many looks
  were asked for and taken, missed and rejected stands in the output and on stderr.

A .dapper file:
  Is written while it is recorded, and can be read at any time. Beside all intervals it has
  whole looks, at most one a second, as `capture` takes them: their pages hold the values of
  variables. They take at most 64 MiB, and get rarer as that fills. --no-memory leaves them out.

Exit status:
  0  the recording was written; with a program after --, that program's own status
  1  it was not: stderr says why
  2  wrong usage";

/// Ends `dapper-attach convert --help`.
pub(super) const CONVERT_HELP: &str = "\
Examples:
  dapper-attach record --pid 4242 -d 30 -o slow.dapper
  dapper-attach convert slow.dapper                     slow.html, a page for a browser
  dapper-attach convert slow.dapper -o slow.pb.gz       for go tool pprof
  dapper-attach convert slow.dapper -f perfetto         slow.perfetto-trace, for ui.perfetto.dev
  dapper-attach convert slow.dapper -f firefox          for profiler.firefox.com
  dapper-attach convert slow.dapper -f jsonl -o - | jq -c 'select(.kind==\"lock\")'
  ssh HOST dapper-attach record --pid 4242 -d 10 -f dapper -o - | dapper-attach convert - -o x.html

A recording that is cut short is read up to there, and a line on stderr says so.

Exit status:
  0  the file was written
  1  it was not: stderr says why
  2  wrong usage";

/// Ends `dapper-attach diff --help`.
pub(super) const DIFF_HELP: &str = "\
Examples:
  dapper-attach record --pid 4242 -d 60 --no-memory -o before.dapper
  dapper-attach diff before.dapper after.dapper
  dapper-attach diff before.dapper after.dapper -o diff.html
  dapper-attach diff before.dapper after.dapper --fail-on 'wait:lock>+10%' --fail-on 'all>+20%'
  dapper-attach diff before.dapper after.dapper --json | jq '.rows[0]'

What is compared:
  Seconds of each task group, reason and stack per finished task of that group, or per second of
  the recording where fewer than 20 finished. Line numbers of stacks do not count. Noise is what
  differs between 20 slices of each recording: only what differs more is shown.

Rules (--fail-on):
  all, wait, wait:KIND (such as wait:lock), ready, running or gil; then > and the growth that is
  allowed: +10%, +5ms or +1s per finished task. A rule fails only for what exceeds noise.

Exit status:
  0  no rule failed
  1  a recording could not be compared: stderr says why
  2  wrong usage, such as a rule that is none
  3  a rule failed: stderr says which";

/// Ends `dapper-attach top --help`.
pub(super) const TOP_HELP: &str = "\
Examples:
  dapper-attach top                         choose one of the Python processes
  dapper-attach top --pid 4242
  dapper-attach top --pid 4242 --rate 15 --max-overhead 30
  ssh -t HOST dapper-attach top --pid 4242
  NO_COLOR=1 dapper-attach top --pid 4242

Keys:
  q quit, space pause, t tasks/threads/resources/waits, a tasks one by one,
  Enter open, Esc back, s and S order, i the other way round, / filter,
  w which tasks, g who is waited for, + and - looks a second, r forget the past,
  ? all keys and what the figures mean; the mouse works as well

What is shown:
  Only what looks have proved. What only our own looks know is marked as at least
  (≥), and what is not known is a dash. The process is never stopped.

Exit status:
  0  you quit it, also after the process has ended
  1  it could not be shown: stderr says why
  2  wrong usage";

/// Ends `dapper-attach watch --help`.
pub(super) const WATCH_HELP: &str = "\
Examples:
  dapper-attach watch --pid 4242
  dapper-attach watch --pid 4242 --slow 20ms --log json | jq -c 'select(.event==\"slow_step\")'
  dapper-attach watch --pid 4242 --children             a server and its workers
  dapper-attach watch --pid 4242 --keep 10m --keep-in /var/tmp
  dapper-attach watch --pid 4242 --listen 9109          curl http://127.0.0.1:9109/metrics
  dapper-attach watch --pid 4242 --prom /var/lib/node_exporter/textfile/app.prom
  systemd-cat dapper-attach watch --pid 4242 --log journal
  dapper-attach watch --pid 4242 --on-hang 'dapper-attach --pid $DAPPER_ATTACH_PID | mail ops'

--on-hang finds DAPPER_ATTACH_PID, DAPPER_ATTACH_VERDICT (hung, blocked-loop, livelock),
DAPPER_ATTACH_SUMMARY and DAPPER_ATTACH_CULPRIT (FILE:LINE) in its environment. What it prints
goes to stderr. While it runs, it is not started again.

--keep TIME keeps what all tasks and threads did in memory, a million intervals at most, and writes it as a
.dapper recording at each hang, and at a slow step if none was written for so long. Its looks share
--max-overhead; at an alarm two whole looks are taken beside them (not with --no-memory).

--listen and --prom give metrics (OpenMetrics): histograms of loop lag and slow steps, ready
handles, tasks by state and wait, pools, locks, hung, and our own looks and processor time. They
have no names of tasks. With a port alone, only this machine can ask.

Events (`event` in the JSON):
  slow_step     the loop did not poll for so long: at least lasted_s, at most at_most_s.
                The beginning is exact, by the process's own clock
  loop_blocked  it is blocked for a second now; its slow_step comes when it is over
  hang          the verdict is hung, blocked loop or livelock; hang_over: no longer
  grows         a group of tasks has grown for a minute, with the line that creates them where
                asyncio's debug mode knows it (creates: true), else that of the coroutine
  never_awaited a coroutine had not begun at two verdicts
  child_began, child_ended    since the verdict before
  executed      it runs another program, or the same from its beginning
  thinned       fewer looks a second are taken, to keep to --max-overhead
  kept          the minutes before a hang or a slow step are in the file `recording` (--keep)
  gone          the process has ended
A step that is shorter than the time between two looks can be missed.

Exit status:
  0  the process has ended, or the time is over
  1  it could not be read: stderr says why
  2  wrong usage";
