#!/usr/bin/env python3
"""Generates programs, runs them, looks at each with dapper-attach, and compares with what is true of it (see README.md).

  run.py --tool PATH --pythons pythons.json [--versions 3.11,3.13] --seeds 100 [--first N | --fresh]
  run.py --self-check --pythons pythons.json ...      the programs themselves say whether they hang as promised

pythons.json: {"3.11": "/path/to/python3.11", ...}. Each program runs in a session of its own with a temporary directory;
only that session is killed. Each seed is a program that hangs and, unless --no-twins, its healthy twin."""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generate import generate, table, write
from judge import check_self, judge

HERE = os.path.dirname(os.path.abspath(__file__))


# --- running ---------------------------------------------------------------------------------------------------------------
def session(sid):
    """Live processes of that session."""
    out = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open("/proc/%s/stat" % p) as f:
                    fields = f.read().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[3]) == sid and fields[0] != "Z":
                out.append(int(p))
    return out


def kill_session(process):
    for _ in range(100):
        live = session(process.pid)
        for pid in live:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        process.poll()
        if not live:
            break
        time.sleep(0.02)
    process.wait()


class Running:
    """A started program and its output; killed at the end of a `with`."""
    def __init__(self, command, folder):
        env = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1", HOME=folder, TMPDIR=folder)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True, cwd=folder, env=env)
        self.output, self.ready = b"", threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for data in iter(lambda: os.read(self.process.stdout.fileno(), 65536), b""):
            self.output = (self.output + data)[-100000:]
            if re.search(rb"^READY", self.output, re.M):
                self.ready.set()

    def wait_ready(self, limit):
        end = time.time() + limit
        while not self.ready.wait(0.1):
            if self.process.poll() is not None or time.time() > end:
                return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill_session(self.process)
        self.reader.join(5)
        self.process.stdout.close()


def run_tool(o, program, python, folder):
    with Running([python, os.path.join(folder, program.name + ".py")], folder) as r:
        if not r.wait_ready(30):
            return None, "no READY: " + r.output.decode(errors="replace")[-300:]
        time.sleep(o.settle)
        look = [o.tool, "--pid", str(r.process.pid), "--json", "--exit-code"]
        try:
            p = subprocess.run(look, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, env=dict(os.environ, NO_COLOR="1"))
        except subprocess.TimeoutExpired:
            return judge(program.expect, {"error": "no answer in 60 s"}, None), None
        if r.process.poll() is not None:
            return None, "it ended: " + r.output.decode(errors="replace")[-300:]
        try:
            snapshot = json.loads(p.stdout.decode())
        except ValueError:
            snapshot = {"error": p.stderr.decode(errors="replace")[-300:]}
        if o.keep_json:
            with open(os.path.join(o.keep_json, "%s-%s.json" % (program.name, os.path.basename(python))), "w") as f:
                json.dump(snapshot, f, indent=1)
        return judge(program.expect, snapshot, p.returncode), None


def run_self(o, program, python, folder):
    """A program that hangs must stand still; its twin, generated with a short delay, must have gone on."""
    out = os.path.join(folder, "looks")
    times = ["1.2", str(o.patience)]
    with Running([python, os.path.join(HERE, "observer.py"), os.path.join(folder, program.name + ".py"), out] + times, folder) as r:
        end = time.time() + o.patience + 20
        looks = []
        while time.time() < end and len(looks) < 2 and r.process.poll() is None:
            time.sleep(0.2)
            looks = open(out).read().splitlines() if os.path.exists(out) else []
        dumps = [json.loads(x) for x in looks if x.strip()]
        trouble = r.output.decode(errors="replace")[-400:]
    if not program.expect["healthy"]:
        wrong = check_self(program.expect, dumps) if len(dumps) == 2 else ["it ended: " + trouble]
    else:
        wrong = check_self(program.expect, dumps[:1]) if dumps else ["it ended too early: " + trouble]
        if len(dumps) == 2 and program.expect["waits"] and len(check_self(program.expect, dumps[1:])) == 0:
            wrong.append("look 2: everybody still waits, so it is not healthy")
    return {"verdict": not wrong, "wrong": wrong, "alarm": False, "first": None, "culprit": None, "edges": (0, 0), "state": ""}, None


# --- totals ----------------------------------------------------------------------------------------------------------------
def right(row):
    return row["verdict"] and row["first"] is not False and row["culprit"] is not False and row["edges"][0] == row["edges"][1]


def share(rows, key):
    asked = [r[key] for r in rows if r[key] is not None]
    return sum(asked), len(asked)


def totals(done):
    def print_table(title, labels):
        groups = collections.defaultdict(list)
        for program, row in done:
            for label in labels(program.expect):
                groups[label].append((program.expect["healthy"], row))
        print("\n%-32s %12s %12s" % (title, "right", "false alarms"))
        for label in sorted(groups):
            rows = groups[label]
            healthy = [r for h, r in rows if h]
            print("%-32s %6d/%-5d %6d/%-5d" % (label, sum(right(r) for _, r in rows), len(rows), sum(r["alarm"] for r in healthy), len(healthy)))
    print_table("mechanism", lambda e: [e["mechanism"]])
    print_table("shape", lambda e: e["shapes"])
    print_table("noise", lambda e: e["noise"] or ["(none)"])


def versions_for(o, seed, versions, turn):
    """The versions on which the programs of a seed run."""
    number = lambda version: [int(x) for x in re.findall(r"\d+", version)[:2]]
    least = max(number(generate(seed, twin, only=o.only).expect["min_version"]) for twin in [False, True])
    can = [v for v in versions if number(v) >= least]
    return can[turn % len(can):][:1] if can and o.spread else can


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tool", help="dapper-attach")
    p.add_argument("--pythons", required=True, metavar="FILE")
    p.add_argument("--versions", help="e.g. 3.11,3.13; default: all in pythons.json")
    p.add_argument("--seeds", type=int, default=20, metavar="N", help="how many")
    which = p.add_mutually_exclusive_group()
    which.add_argument("--first", type=int, default=1, metavar="N", help="the first seed; the others follow it")
    which.add_argument("--fresh", action="store_true", help="seeds that nobody has seen")
    which.add_argument("--these", metavar="SEEDS", help="e.g. 4,17,230")
    p.add_argument("--spread", action="store_true", help="each seed on one of the versions, in turn; else on all")
    p.add_argument("--only", metavar="MECHANISM", choices=sorted(table()), help="this mechanism, whatever the seeds say")
    p.add_argument("--no-twins", action="store_true")
    p.add_argument("--jobs", type=int, default=1, help="programs at a time")
    p.add_argument("--settle", type=float, default=1, metavar="S", help="from READY to the look")
    p.add_argument("--keep-json", metavar="DIR", help="keep what the tool said")
    p.add_argument("--self-check", action="store_true", help="without the tool: are the programs as they say?")
    p.add_argument("--patience", type=float, default=8, metavar="S", help="of the self-check")
    p.add_argument("--min-verdict", type=float, default=0)
    p.add_argument("--max-false-alarms", type=int)
    p.add_argument("--min-first", type=float, default=0)
    p.add_argument("--min-culprit", type=float, default=0)
    p.add_argument("--min-edges", type=float, default=0)
    p.add_argument("-v", "--verbose", action="store_true", help="a row for each program")
    o = p.parse_args()
    if not o.tool and not o.self_check:
        p.error("--tool or --self-check")
    if o.tool:
        o.tool = os.path.abspath(o.tool)
    if o.keep_json:
        os.makedirs(o.keep_json, exist_ok=True)
    pythons = json.load(open(o.pythons))
    versions = o.versions.split(",") if o.versions else sorted(pythons)
    missing = [v for v in versions if v not in pythons]
    if missing and o.spread and len(missing) < len(versions):
        print("no interpreter for %s: other versions take their programs" % ", ".join(missing))
        versions = [v for v in versions if v in pythons]
    elif missing:
        p.error("%s has no interpreter for %s" % (o.pythons, ", ".join(missing)))
    seeds = ([int(x) for x in o.these.split(",")] if o.these else
             [random.SystemRandom().randrange(10 ** 9) for _ in range(o.seeds)] if o.fresh else list(range(o.first, o.first + o.seeds)))
    print("seeds: " + (",".join(map(str, seeds)) if o.fresh or o.these else "%d to %d" % (seeds[0], seeds[-1])), flush=True)

    jobs = [(seed, twin, v) for i, seed in enumerate(seeds) for twin in [False, True][:1 + (not o.no_twins)]
            for v in versions_for(o, seed, versions, i)]
    done, lost, lock = [], [], threading.Lock()

    def one(job):
        seed, twin, v = job
        program = generate(seed, twin, delay=4 if o.self_check else 45, only=o.only)
        e = program.expect
        folder = tempfile.mkdtemp(prefix="gen-")
        try:
            write(program, folder)
            row, why = (run_self if o.self_check else run_tool)(o, program, pythons[v], folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        again = "--seed %d%s%s, %s" % (seed, " --twin" if twin else "", " --only " + o.only if o.only else "", v)
        with lock:
            if row is None:
                lost.append(job)
                print("NOT RUN %s (%s): %s" % (again, e["mechanism"], why), flush=True)
                return
            done.append((program, row))
            if len(done) % 500 == 0:
                print("%d of %d" % (len(done), len(jobs)), flush=True)
            if not right(row) or o.verbose:
                print("%s %-24s %s%s" % ("right" if right(row) else "ALARM" if row["alarm"] else "wrong", e["mechanism"], again,
                                         "  noise: " + " ".join(e["noise"]) if e["noise"] else ""), flush=True)
                for w in row["wrong"]:
                    print("      " + w, flush=True)

    if o.jobs == 1:
        for job in jobs:
            one(job)
    else:
        with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
            list(pool.map(one, jobs))

    totals(done)
    hangs = [r for q, r in done if not q.expect["healthy"]]
    healthy = [r for q, r in done if q.expect["healthy"]]
    found = {"verdict": share(hangs, "verdict"), "first": share(hangs, "first"), "culprit": share(hangs, "culprit"),
             "edges": tuple(sum(r["edges"][n] for _, r in done) for n in (0, 1))}
    alarms = sum(r["alarm"] for r in healthy)
    print("\n" + ", ".join("%s %d/%d" % (k, a, n) for k, (a, n) in found.items()) +
          ", healthy %d/%d, false alarms %d, not run %d" % (share(healthy, "verdict") + (alarms, len(lost))))
    limits = {"verdict": o.min_verdict, "first": o.min_first, "culprit": o.min_culprit, "edges": o.min_edges}
    low = [k for k, (a, n) in found.items() if a < limits[k] * n]
    if o.self_check:
        return 1 if lost or not all(right(r) for _, r in done) else 0
    return 1 if low or lost or not done or (o.max_false_alarms is not None and alarms > o.max_false_alarms) else 0


if __name__ == "__main__":
    sys.exit(main())
