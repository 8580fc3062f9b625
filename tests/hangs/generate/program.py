"""A program under construction: its modules, what main() does, and the truth about it.

Every choice is made by `dice(label)`, a random generator of the seed and a label, and not by one sequence of
numbers: so the healthy twin, which has more or other parts, is the same program in everything else.

Lines that the truth speaks of carry a marker, `#@name`, which is taken out when the text is written. One name may
stand at several lines (the line that waits, and the one that called it): any of them is a right answer."""
import os
import random
import re

from names import Names

MARK = re.compile(r"[ ]*#@(\w+)")
FIRST_LINES = "signal.alarm(900)  # ends it if it is forgotten"


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


class Class:
    def __init__(self, name):
        self.name, self.params, self.attributes, self.init, self.methods = name, [], [], [], []

    def lines(self):
        out = ["class %s:" % self.name] + indent(self.attributes)
        parts = ["def __init__(self%s):" % "".join(", " + p for p in self.params)] + indent(self.init)
        methods = ([parts] if self.init else []) + self.methods
        for n, method in enumerate(methods):
            out += ([""] if n or self.attributes else []) + indent(method)
        return out if len(out) > 1 else out + ["    pass"]


class Module:
    def __init__(self, name, depth):
        self.name, self.depth = name, depth         # a module imports only deeper ones
        self.imports, self.head, self.classes, self.functions = set(), [], [], []

    def add_class(self, name):
        self.classes.append(Class(name))
        return self.classes[-1]

    def lines(self, title, tail=()):
        out = ['"""%s"""' % title]
        blocks = self.head + [c.lines() for c in self.classes] + self.functions + list(tail)
        body = "\n".join("\n".join(b) for b in blocks)
        names = [n for n in ("asyncio", "collections", "concurrent.futures", "contextlib", "contextvars", "dataclasses",
                             "functools", "os", "queue", "signal", "socket", "subprocess", "sys", "threading", "time")
                 if re.search(r"(?<![\w.])%s\." % re.escape(n), body)]
        out += ["import " + n for n in names] + ["import " + n for n in sorted(self.imports)]
        before = 1
        for block in blocks:               # lines that belong together, and two empty ones around a function or class
            out += ([""] if len(block) == 1 and before == 1 else ["", ""]) + block
            before = len(block)
        return out


class Program:
    """What generate() returns: `files` {name: text} and `expect`."""
    def __init__(self, name, files, expect):
        self.name, self.files, self.expect = name, files, expect


class Builder:
    def __init__(self, seed, mechanism, twin, delay):
        self.seed, self.mechanism, self.twin, self.delay = seed, mechanism, twin, delay
        self.names = Names(self.dice)
        self.name = "gen_%s%s" % (seed, "_healthy" if twin else "")
        count = self.dice("modules").choice([1, 1, 2, 2, 3])
        self.modules = [Module(self.name, 0)] + [Module(self.names.module("module %d" % n), n) for n in range(1, count)]
        self.main = self.modules[0]
        self.sync = False                # main() is a plain function
        self.globals = []                # names that main() assigns
        self.setup, self.starts = [], []  # lines of main()
        self.end = None                  # its last lines
        self.awaited = []                # (variable, who) that main waits for
        self.resources = []
        self.shapes, self.noises = set(), []
        self.min_version = "3.8"
        self.loop_is_blocked = False
        self.expect = {"verdict": ["hung"], "kinds": [], "tasks": {"must": [], "may": []}, "threads": {"must": [], "may": []},
                       "culprit": [], "edges": [], "resource_holders": [], "waits": [], "gone": []}

    # --- choices -------------------------------------------------------------------------------------------------------
    def dice(self, label):
        return random.Random("%s %s %s" % (self.seed, self.mechanism, label))

    def choose(self, label, options, shape=None):
        """One of the options; `shape` files it among the shapes of this program."""
        picked = self.dice(label).choice(options)
        if shape:
            self.shapes.add("%s:%s" % (shape, picked))
        return picked

    def chance(self, label, share):
        return self.dice(label).random() < share

    # --- modules -------------------------------------------------------------------------------------------------------
    def module(self, label, at_least=0, at_most=9):
        """A module of that depth; what lies in a deeper one can be used from all above it."""
        return self.dice("module of " + label).choice([m for m in self.modules if at_least <= m.depth <= at_most])

    def ref(self, source, target, name):
        if source is target:
            return name
        source.imports.add(target.name)
        return target.name + "." + name

    def function(self, module, lines):
        module.functions.append(lines)

    # --- truth ---------------------------------------------------------------------------------------------------------
    def require(self, version):
        if tuple(map(int, version.split("."))) > tuple(map(int, self.min_version.split("."))):
            self.min_version = version

    def truth(self, kinds=None, tasks=None, threads=None, may=(), may_threads=(), culprit=None, edges=(), holders=(), waits=(),
              gone=(), verdict=None):
        """`tasks`, `threads`: each item has to be named; an item that is a list: one of these. `waits`: (who, marker)."""
        e = self.expect
        if kinds: e["kinds"] = list(kinds)
        if verdict: e["verdict"] = list(verdict)
        for key, must, more in (("tasks", tasks, may), ("threads", threads, may_threads)):
            e[key]["must"] += [w if isinstance(w, list) else [w] for w in must or []]
            e[key]["may"] += list(more)
        e["culprit"] += culprit or []
        e["edges"] += [list(x) for x in edges]
        e["resource_holders"] += [{"waiter": w, "holders": h} for w, h in holders]
        e["waits"] += [list(w) for w in waits]
        e["gone"] += list(gone)

    # --- writing -------------------------------------------------------------------------------------------------------
    def finish(self, meta):
        a = "" if self.sync else "async "
        body = (["global " + ", ".join(sorted(set(self.globals)))] if self.globals else []) + self.setup + self.starts
        ready = "threading.Timer(1.0, print, (\"READY\",), {\"flush\": True})"
        body += ["ready = " + ready, "ready.daemon = True", "ready.start()"] + self.end
        main = [a + "def main():"] + indent(body)
        start = ["main()"] if self.sync else ["asyncio.run(main())"]
        files, marks = {}, {}
        for m in self.modules:
            if m is self.main:
                self.main.head.insert(0, [FIRST_LINES])
                lines = m.lines("%s of the %s." % (self.names.function("title").replace("_", " ").capitalize(),
                                                   self.names.function("title 2").split("_")[1]), [main, start])
            else:
                if not (m.head or m.classes or m.functions):
                    continue
                lines = m.lines("Part of the %s." % m.name.replace("_", " "))
            out = []
            for n, line in enumerate("\n".join(lines).split("\n"), 1):
                for mark in MARK.findall(line):
                    marks.setdefault(mark, []).append({"file": m.name + ".py", "line": n})
                out.append(MARK.sub("", line))
            files[m.name + ".py"] = "\n".join(out) + "\n"
        e = self.expect
        e["culprit"] = self._places(marks, e["culprit"])
        e["waits"] = [{"who": who, "at": self._places(marks, [mark])} for who, mark in e["waits"]]
        for key in ("tasks", "threads"):
            e[key]["may"] = sorted(set(e[key]["may"]))
        if self.twin:
            e.update(verdict=["waiting", "busy", "idle"], kinds=[], culprit=[])
        expect = dict(meta, program=self.name + ".py", seed=self.seed, healthy=self.twin, min_version=self.min_version,
                      modules=sorted(files), shapes=sorted(self.shapes), noise=self.noises, **e)
        return Program(self.name, files, expect)

    @staticmethod
    def _places(marks, names):
        found = [p for n in names for p in marks.get(n, [])]
        return [p for n, p in enumerate(found) if p not in found[:n]]
