"""Runs a program and has it say itself, some time after its READY, which tasks and threads it has and where they are.

  python observer.py PROGRAM OUT SECONDS [SECONDS ...]
A thread inside of the program writes one JSON object a line to OUT, so many seconds after the start. It uses nothing
but what CPython offers to everybody, so that it can confirm what the generator says without dapper-attach."""
import asyncio
import gc
import json
import os
import runpy
import sys
import threading
import time


def frames_of(thing):
    """(file, line, function) of a coroutine and all that it awaits."""
    out = []
    for _ in range(100):
        frame = getattr(thing, "cr_frame", None) or getattr(thing, "gi_frame", None) or getattr(thing, "ag_frame", None)
        if frame is not None:
            out.append([os.path.basename(frame.f_code.co_filename), frame.f_lineno, frame.f_code.co_name])
        inner = getattr(thing, "cr_await", None) or getattr(thing, "gi_yieldfrom", None) or getattr(thing, "ag_await", None)
        if inner is None:
            break
        if type(inner).__name__ in ("async_generator_asend", "anext_awaitable", "async_generator_athrow"):
            # It has no attribute that leads to its generator, but it refers to it.
            inner = next((x for x in gc.get_referents(inner) if hasattr(x, "ag_frame")), None)
        thing = inner
    return out


def stack(frame):
    out = []
    while frame is not None:
        out.append([os.path.basename(frame.f_code.co_filename), frame.f_lineno, frame.f_code.co_name])
        frame = frame.f_back
    return out


def look():
    tasks = []
    for loop in [x for x in gc.get_objects() if isinstance(x, asyncio.AbstractEventLoop)]:
        try:
            found = asyncio.all_tasks(loop)
        except RuntimeError:                 # the set changed
            found = asyncio.all_tasks(loop)
        for t in found:
            if not t.done():
                c = t.get_coro()
                tasks.append({"name": t.get_name(), "coroutine": getattr(c, "__qualname__", ""), "code": getattr(getattr(c, "cr_code", None), "co_name", ""),
                              "frames": frames_of(c), "id": id(t)})
    running = sys._current_frames()
    threads = [{"name": t.name, "frames": stack(running.get(t.ident))} for t in threading.enumerate() if t is not threading.current_thread()]
    return {"tasks": tasks, "threads": threads}


def observe(path, times):
    start = time.time()
    with open(path, "w") as out:
        for at in times:
            time.sleep(max(0, start + at - time.time()))
            try:
                answer = look()
            except Exception as error:       # a broken observer must not look like a broken program
                answer = {"error": repr(error)}
            out.write(json.dumps(answer) + "\n")
            out.flush()


if __name__ == "__main__":
    program, out, times = sys.argv[1], sys.argv[2], [float(x) for x in sys.argv[3:]]
    sys.argv = [program]
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    threading.Thread(target=observe, args=(out, times), name="observer", daemon=True).start()
    runpy.run_path(program, run_name="__main__")
