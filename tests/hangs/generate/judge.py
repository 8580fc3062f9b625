"""Compares what the tool says with what is true of a program."""
import os

ALARMS = ("hung", "blocked-loop", "livelock")


def is_task(who, task):
    """`who`: a name, or `coro:QUALNAME` for a task that nobody named."""
    if who.startswith("coro:"):
        wanted = who[5:]
        # What a decorator returns is a coroutine of its wrapper; code objects have no qualified name before 3.11.
        said = task.get("coroutine") or ""
        functions = [f.get("function") for f in task.get("frames") or []]
        return task.get("name_is_default", True) and (said == wanted or said.split(".")[-1] == wanted.split(".")[-1]
                                                      or wanted.split(".")[-1] in functions)
    return task.get("name") == who


def is_thread(who, thread):
    if who.startswith("func:"):
        return any(f.get("function") == who[5:] for f in thread.get("frames") or [])
    return thread.get("name") == who


def place(where):
    return (os.path.basename(where.get("file") or ""), where.get("line"))


class Snapshot:
    def __init__(self, process):
        self.p = process
        self.tasks = {t["id"]: t for t in process.get("tasks") or []}
        self.threads = {t["id"]: t for t in process.get("threads") or []}
        self.next = {}
        for e in process.get("edges") or []:
            self.next.setdefault(e["from"], set()).add(e["to"])

    def ids(self, who):
        live = {i for i, t in self.tasks.items() if t.get("state") != "done" and is_task(who, t)}
        return live | {i for i, t in self.threads.items() if is_thread(who, t)} or {i for i, t in self.tasks.items() if is_task(who, t)}

    def call(self, i):
        t = self.tasks.get(i) or self.threads.get(i)
        return (t.get("name") or t.get("coroutine") or i) if t else i

    def reaches(self, start, goals):
        """Whether an edge leads from a waiter to a holder, through nothing but resources."""
        seen, todo = set(), list(start)
        while todo:
            for n in self.next.get(todo.pop(), ()):
                if n in goals:
                    return True
                if n not in seen and n not in self.tasks and n not in self.threads:
                    seen.add(n)
                    todo.append(n)
        return False


def judge(expect, snapshot, status):
    """{"verdict", "first", "culprit": True, False or None (not asked), "edges": (right, asked), "alarm", "wrong": [text]}"""
    processes = snapshot.get("processes") or []
    row = {"verdict": False, "first": None, "culprit": None, "edges": (0, 0), "alarm": False, "wrong": [], "state": None}
    if not processes:
        row["wrong"].append("no snapshot: exit status %s, %s" % (status, snapshot.get("error")))
        return row
    s = Snapshot(processes[0])
    verdict = s.p.get("verdict") or {}
    row["state"] = state = verdict.get("state")
    row["verdict"] = state in expect["verdict"]
    row["alarm"] = expect["healthy"] and (state in ALARMS or status == 3)
    if not row["verdict"]:
        row["wrong"].append("verdict %s (%s), not %s: %s" % (state, verdict.get("confidence"), " or ".join(expect["verdict"]), verdict.get("summary")))
    diagnoses = s.p.get("diagnoses") or []
    d = diagnoses[0] if diagnoses else None
    if not expect["healthy"] and (expect["kinds"] or expect["culprit"]):
        judge_first(expect, s, d, row)
    judge_edges(expect, s, row)
    if row["alarm"] and d:
        row["wrong"].append("says %s: %s" % (d["kind"], d["summary"]))
    return row


def named_thread(options, d, s):
    """A task that runs may be named by its thread."""
    return any(is_thread(who, s.threads[i]) for who in options for i in d.get("threads") or [] if i in s.threads)


def judge_first(expect, s, d, row):
    wrong = []
    said = d["kind"] if d else "none"
    if expect["kinds"] and said not in expect["kinds"]:
        wrong.append("first diagnosis %s, not %s%s" % (said, " or ".join(expect["kinds"]), ": " + d["summary"] if d else ""))
    for key, same, known in (("tasks", is_task, s.tasks), ("threads", is_thread, s.threads)):
        named = [known[i] for i in (d or {}).get(key) or [] if i in known]
        for options in expect[key]["must"]:
            if d and not any(same(who, t) for who in options for t in named) and not named_thread(options, d, s):
                wrong.append("%s does not name %s" % (said, " or ".join(options)))
        fine = [who for options in expect[key]["must"] for who in options] + expect[key]["may"]
        more = [t.get("name") or t.get("coroutine") or t["id"] for t in named if not any(same(who, t) for who in fine)]
        if more and (key == "tasks" or expect["threads"]["must"]):
            wrong.append("%s names %s, which has nothing to do with it" % (said, ", ".join(more)))
    row["first"] = not wrong
    row["wrong"] += wrong
    if expect["culprit"]:
        accepted = [place(c) for c in expect["culprit"]]
        culprit = (d or {}).get("culprit")
        row["culprit"] = bool(culprit) and place(culprit) in accepted or d is None and "none" in expect["kinds"]
        if not row["culprit"]:
            row["wrong"].append("culprit %s, not %s" % ("%s:%s" % place(culprit) if culprit else "none", " or ".join("%s:%s" % x for x in accepted)))


def judge_edges(expect, s, row):
    right = asked = 0
    for waiter, holder in expect["edges"]:
        asked += 1
        if s.reaches(s.ids(waiter), s.ids(holder)):
            right += 1
        else:
            row["wrong"].append("no edge from %s to %s" % (waiter, holder))
    known = {r["id"]: r for r in s.p.get("resources") or []}
    for x in expect["resource_holders"]:
        asked += 1
        waits = [(s.tasks.get(i) or s.threads.get(i) or {}).get("waits_for") or {} for i in s.ids(x["waiter"])]
        found = [known[w["resource"]] for w in waits if w.get("resource") in known]
        ids = set().union(*[s.ids(h) for h in x["holders"]]) if x["holders"] else set()
        if any(set(r.get("holders") or []) <= ids and bool(r.get("holders")) == bool(ids) for r in found):
            right += 1
        else:
            row["wrong"].append("what %s waits for is held by %s, not by %s" % (
                x["waiter"], ", ".join(sorted(s.call(h) for r in found for h in r.get("holders") or [])) or ("nobody" if found else "an unknown resource"),
                ", ".join(x["holders"]) or "nobody"))
    row["edges"] = (right, asked)


def check_self(expect, dumps):
    """What is wrong with a program, from what it says itself at two moments."""
    wrong = []
    for n, dump in enumerate(dumps):
        if "error" in dump:
            return ["observer: " + dump["error"]]
        for wait in expect["waits"]:
            who, at = wait["who"], [place(p) for p in wait["at"]]
            them = [t for t in dump["tasks"] if is_task_here(who, t)] + [t for t in dump["threads"] if is_thread_here(who, t)]
            if not any(tuple(f[:2]) in at for t in them for f in t["frames"]):
                wrong.append("look %d: %s %s" % (n + 1, who, "stands at " + " ".join("%s:%s" % tuple(f[:2]) for t in them for f in t["frames"])
                                                 if them else "does not exist"))
        for who in expect["gone"]:
            if any(is_task_here(who, t) for t in dump["tasks"]) or any(is_thread_here(who, t) for t in dump["threads"]):
                wrong.append("look %d: %s is still there" % (n + 1, who))
    return wrong


def is_task_here(who, t):
    return t["name"] == who if not who.startswith("coro:") else who[5:] in (t["coroutine"], t["code"])


def is_thread_here(who, t):
    return t["name"] == who if not who.startswith("func:") else any(f[2] == who[5:] for f in t["frames"])
