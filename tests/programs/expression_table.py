"""Evaluates the expressions of `expressions.txt` that may be answered."""

import collections
import json
import os
import sys
import warnings

VERSION = sys.version_info[:2]
LONGEST_REPR = 20000

# Calls of the code of a program, by name.
CALLS = collections.Counter()


def versions(note, word):
    if word not in note:
        return None
    return tuple(int(part) for part in note.split(word)[1].split()[0].rstrip(",").split("."))


def table():
    """(source, kind) of each expression for this version."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "expressions.txt"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    kind = None
    for line in lines:
        if line.startswith("# ") and ":" in line:
            kind = line[2:].split(":")[0]
            kind = kind if kind in ("equal", "refused", "either") else None
        if kind is None or not line or line.startswith("# "):
            continue
        source, _, note = line.partition("  ## ")
        since, before = versions(note, "since "), versions(note, "before ")
        if (since is None or VERSION >= since) and (before is None or VERSION < before):
            yield source.replace("␤", "\n"), kind


def type_name(value):
    cls = type(value)
    module = type.__dict__["__module__"].__get__(cls)
    return cls.__qualname__ if module == "builtins" else "{}.{}".format(module, cls.__qualname__)


def raised(error):
    return {
        "raises": type(error).__name__,
        "message": str(error).encode("utf-8", "backslashreplace").decode(),
    }


def answer(source, names):
    try:
        value = eval(source, dict(names))
        return {"type": type_name(value), "repr": repr(value)[:LONGEST_REPR]}
    except Exception as error:
        return raised(error)


def answers(names):
    """Entries of the truth; all that are to be equal run no counted code."""
    warnings.simplefilter("ignore")
    entries = []
    CALLS.clear()
    for source, kind in table():
        entry = {"source": source, "kind": kind}
        if kind != "refused":
            entry.update(answer(source, names))
        if CALLS and kind == "equal":
            raise SystemExit("{!r} runs {}".format(source, dict(CALLS)))
        CALLS.clear()
        entries.append(entry)
    return entries


def write(path, entries):
    with open(path + ".tmp", "w") as file:
        json.dump({"entries": entries}, file)
    os.rename(path + ".tmp", path)
