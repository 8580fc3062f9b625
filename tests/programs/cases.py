"""Runs the cases of one target program and publishes the truth about each.

A program defines cases (`@case`), each an `async def` that builds one
situation and then never finishes. `main()` starts them one after the other in
one event loop, lets the loop come to rest after each (so that every new task
belongs to the case just started), and lets a thread of its own write the
truth once the whole process stands still. From then on nothing moves: what a
look from outside finds must be what was written.

    python PROGRAM.py TRUTH.json     prints READY when TRUTH.json is there
    python list_cases.py PROGRAM...  the names of the cases of this interpreter
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
import weakref

import oracle

VERSION = oracle.VERSION
SELF_DESTRUCTION_S = 600
REST_TIMEOUT_S = 60

_cases = []
_kept = []
_loops = []
_tasks = []  # (case, weak reference, name or None), in order of birth
_edges = []
_locals = []
_ignored = []
_coroutines = []
_threads = {}  # native id: case
_current = None
_conditions_awaited = set()


def case(function=None, *, since=(3, 7), before=(4, 0)):
    """Declares a case for the versions `since` <= version < `before`."""

    def register(function):
        if since <= VERSION < before:
            _cases.append(function)
        return function

    return register if function is None else register(function)


def create_task(coroutine, name, loop=None):
    """`loop.create_task` with a name on every version that has names."""
    loop = loop or asyncio.get_event_loop()
    return loop.create_task(coroutine, name=name) if VERSION >= (3, 8) else loop.create_task(coroutine)


def spawn(coroutine, role):
    """A task of the current case, named CASE/ROLE."""
    return create_task(coroutine, "{}/{}".format(_current, role))


def keep(thing):
    """Keeps `thing` alive for as long as the process lives."""
    _kept.append(thing)
    return thing


def also(task, name=None):
    """Counts `task` to the current case although asyncio does not list it; holds it weakly.

    `name` is what it is called, for tasks that must not be asked.
    """
    for index, (case_name, reference, _) in enumerate(_tasks):
        if reference() is task:
            _tasks[index] = (case_name, reference, name)
            return task
    _tasks.append((_current, weakref.ref(task), name))
    return task


def ignore(task):
    """Leaves `task` out of the truth: what is right to say of it is open."""
    _ignored.append(keep(task))


def edge(waiting, awaited, via=None):
    """States that task `waiting` waits for task `awaited`; `via` None where several words fit."""
    _edges.append((_current, waiting, awaited, via))


def expect_locals(task, function, values):
    """States the locals of frame `function` of `task`: {name: (mode, type, value)}."""
    _locals.append((_current, task, function, values))


def expect_coroutine(coroutine, state):
    """States that `coroutine` belongs to no task and is in `state`; its frames are asked for at once."""
    _coroutines.append(
        {"case": _current, "qualname": coroutine.__qualname__, "state": state, "frames": oracle.chain(coroutine)}
    )


async def never():
    """Waits for what nobody will ever finish."""
    await keep(asyncio.get_event_loop().create_future())


def watch_loop(loop):
    """Counts a further loop to the truth."""
    _loops.append((_current, loop))
    return loop


def loop_in_thread(name, loop=None, debug=False):
    """A loop that runs for ever in a thread of its own."""
    loop = watch_loop(loop or asyncio.new_event_loop())
    loop.set_debug(debug)
    started = threading.Event()

    def run():
        this_thread()
        asyncio.set_event_loop(loop)
        loop.call_soon(started.set)
        loop.run_forever()

    threading.Thread(target=run, name=name, daemon=True).start()
    started.wait()
    return loop


def this_thread():
    """Counts the calling thread to the current case."""
    oracle.here()
    _threads[oracle.own_native_id()] = _current


def sleep_in_thread(function, name=None, daemon=True):
    """A thread of the current case that runs `function`; named after the case unless told."""
    counted = threading.Event()

    def run():
        this_thread()
        counted.set()
        function()

    thread = threading.Thread(target=run, name=name or _current, daemon=daemon)
    thread.start()
    counted.wait()
    return thread


async def until(condition):
    """Lets the loop turn until `condition()` holds; the next case starts only then."""
    _conditions_awaited.add(condition)
    deadline = time.monotonic() + REST_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("{}: the condition never held".format(_current))
        await asyncio.sleep(0.005)
    _conditions_awaited.discard(condition)


async def settle(loop):
    """Returns once the loop has nothing left to do but to call us."""
    ready = getattr(loop, "_ready", None)
    if ready is None:  # uvloop does not say: far more turns than any case needs
        for _ in range(200):
            await asyncio.sleep(0)
        return
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0.005 if _conditions_awaited else 0)
        quiet = quiet + 1 if not ready and not _conditions_awaited else 0


def _note_new_tasks(loop):
    known = {reference() for _, reference, _ in _tasks}
    for task in oracle.all_tasks(loop) - known:
        _tasks.append((_current, weakref.ref(task), None))


async def _run_all(publish=True):
    global _current
    _current = "runner"
    loop = watch_loop(asyncio.get_event_loop())
    oracle.note_loop_thread(loop)
    _note_new_tasks(loop)
    for function in _cases:
        _current = function.__name__
        task = create_task(function(), _current)
        await settle(loop)
        if task.done():
            sys.exit("case {} did not stay: {!r}".format(_current, task.exception()))
        for _, watched in _loops:
            _note_new_tasks(watched)
    _current = None
    if publish:
        publish_when_at_rest()
    await never()


# ---------------------------------------------------------------- publishing


def _sample():
    own = threading.get_ident()
    return {
        ident: [(id(frame.f_code), frame.f_lasti) for frame in _outwards(frame)]
        for ident, frame in oracle.current_frames().items()
        if ident != own
    }


def _outwards(frame):
    while frame is not None:
        yield frame
        frame = frame.f_back


def wait_for_rest(busy=0):
    """Until two looks at all threads agree and the kernel says that they sleep."""
    deadline = time.monotonic() + REST_TIMEOUT_S
    before = None
    while time.monotonic() < deadline:
        awake = [tid for tid, state in oracle.kernel_states().items() if state != "S"]
        now = _sample()
        if now == before and len(awake) <= busy:
            return
        before = now
        time.sleep(0.02)
    raise TimeoutError("the process does not come to rest: {}".format(oracle.kernel_states()))


def _threads_with_tasks(tasks):
    """The threads, each with its case and with the task it runs, if any."""
    running = {task["thread"]: task["id"] for task in tasks if task["state"] == "running"}
    return [
        dict(thread, case=_threads.get(thread["native_id"]), task=running.get(thread["native_id"]))
        for thread in oracle.threads([loop for _, loop in _loops])
    ]


def truth(**more):
    """Everything that is known, as plain data."""
    tasks = []
    for case_name, reference, name in _tasks:
        task = reference()
        if task is not None and task not in _ignored:
            tasks.append(dict(oracle.task(task, name), case=case_name))
    known = {
        "version": list(sys.version_info[:3]),
        "pid": os.getpid(),
        "tasks": tasks,
        "edges": [
            {"case": case_name, "from": oracle.task_id(waiting), "to": oracle.task_id(awaited), "via": via}
            for case_name, waiting, awaited, via in _edges
        ],
        "locals": [
            {
                "case": case_name,
                "task": oracle.task_id(task),
                "function": function,
                "values": {
                    name: {"mode": mode, "type": type_name, "value": value}
                    for name, (mode, type_name, value) in values.items()
                },
            }
            for case_name, task, function, values in _locals
        ],
        "ignored": [oracle.task_id(task) for task in _ignored],
        "coroutines": _coroutines,
        "threads": _threads_with_tasks(tasks),
        "loops": [dict(oracle.loop(loop), case=case_name) for case_name, loop in _loops],
    }
    known.update(more)
    return known


def write(path, known):
    """Writes the truth in one step, so that nobody reads half of it."""
    with open(path + ".tmp", "w") as file:
        json.dump(known, file)
    os.rename(path + ".tmp", path)


def ready(path):
    print("READY", path, flush=True)


def publish_when_at_rest(busy=0, **more):
    """Lets a thread write the truth once all others (but `busy` of them) sleep."""

    def publish():
        wait_for_rest(busy)
        path = sys.argv[1]
        write(path, truth(**more))
        ready(path)

    daemon = oracle.interpreter() == 0  # a sub-interpreter allows no others
    threading.Thread(target=publish, name="oracle-dumper", daemon=daemon).start()


def names():
    """The names of the cases declared so far."""
    return [function.__name__ for function in _cases]


def arm():
    """Whatever happens to the tests, this process does not stay."""
    signal.alarm(SELF_DESTRUCTION_S)


def main(run=asyncio.run):
    arm()
    run(_run_all())
