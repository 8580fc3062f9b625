"""What a process knows of itself: the truth that a look from outside is compared with.

Everything here asks the interpreter itself (`cr_await`, `sys._current_frames`,
`gc.get_referents`, `Task._fut_waiter`, `/proc/self`), never dapper-attach.
Plain data comes out, with the field names of the JSON contract where both
know the same thing. Runs on CPython 3.7 and later, without third-party
packages, and leaves the objects asked about as they were: no name is asked of
a task whose lazily numbered name is under test, no exception is retrieved.
"""

import asyncio
import gc
import importlib
import inspect
import os
import re
import sys
import sysconfig
import threading
import traceback
import types

VERSION = sys.version_info[:2]
_STDLIB = os.path.realpath(sysconfig.get_path("stdlib")) + os.sep
_HERE = os.path.dirname(os.path.realpath(__file__)) + os.sep

# x86-64 system calls in which the programs wait.
_SYSCALLS = {
    0: "read", 1: "write", 7: "poll", 23: "select", 34: "pause", 35: "nanosleep", 43: "accept",
    45: "recvfrom", 61: "wait4", 128: "rt_sigtimedwait", 202: "futex", 230: "clock_nanosleep", 232: "epoll_wait",
    270: "pselect6", 271: "ppoll", 281: "epoll_pwait", 288: "accept4", 441: "epoll_pwait2",
}

_native_ids = {}
_loop_threads = {}
several_interpreters = False  # set by programs that create more of them


def own_native_id():
    """The kernel's id of the calling thread (`threading.get_native_id` is 3.8+)."""
    return int(os.path.basename(os.readlink("/proc/thread-self")))


def here():
    """Notes the calling thread's native id: 3.7 has no other way to know it."""
    _native_ids[threading.get_ident()] = own_native_id()


here()


def full_name(cls):
    return "{}.{}".format(cls.__module__, cls.__qualname__)


def task_id(task):
    return "task:{:#x}".format(id(task))


def loop_id(loop):
    return "loop:{:#x}".format(id(loop))


def note_loop_thread(loop):
    """Notes that the calling thread runs `loop`: uvloop does not tell."""
    _loop_threads[loop] = threading.get_ident()


def thread_of(loop):
    """The ident of the thread that runs `loop`, or None."""
    return getattr(loop, "_thread_id", None) or _loop_threads.get(loop)


# ---------------------------------------------------------------- frames


def _kind(code):
    if code.co_flags & inspect.CO_COROUTINE:
        return "coroutine"
    if code.co_flags & inspect.CO_ASYNC_GENERATOR:
        return "async_generator"
    if code.co_flags & inspect.CO_GENERATOR:
        return "generator"
    return "function"


def _column(frame):
    """One-based, as CPython counts: 3.11 and later, once the frame has run."""
    if not hasattr(frame.f_code, "co_positions") or frame.f_lasti < 0:
        return None
    positions = list(frame.f_code.co_positions())
    column = positions[frame.f_lasti // 2][2]
    return None if column is None else column + 1


def _is_library(file):
    file = os.path.realpath(file)
    if file.startswith(_HERE):
        return False
    return True if file.startswith(_STDLIB) else None


def frame(python_frame, qualname=None):
    """One frame; `qualname` is what its generator object says (before 3.11 the code has none)."""
    code = python_frame.f_code
    return {
        "function": code.co_name,
        "qualname": getattr(code, "co_qualname", None),
        "coroutine_qualname": qualname,
        "file": code.co_filename,
        "line": python_frame.f_lineno,
        "column": _column(python_frame),
        "kind": _kind(code),
        "library": _is_library(code.co_filename),
    }


def native_frame(awaitable):
    """What the chain ends with when it is neither Python code nor a future."""
    return {"function": type(awaitable).__name__, "qualname": None, "coroutine_qualname": None,
            "file": None, "line": None, "column": None, "kind": "native", "library": None}


def _first(objects, wanted):
    return next((found for found in objects if isinstance(found, wanted)), None)


_GENERATOR_LIKE = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)


def _step(awaitable):
    """(frame of this awaitable or None, what it awaits or None)."""
    if isinstance(awaitable, types.CoroutineType):
        return awaitable.cr_frame, awaitable.cr_await
    if isinstance(awaitable, types.GeneratorType):
        return awaitable.gi_frame, awaitable.gi_yieldfrom
    if isinstance(awaitable, types.AsyncGeneratorType):
        return awaitable.ag_frame, awaitable.ag_await
    kind = type(awaitable).__name__
    if kind in ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow"):
        return None, _first(gc.get_referents(awaitable), _GENERATOR_LIKE)
    if kind == "anext_awaitable":
        return None, gc.get_referents(awaitable)[0]
    return None, None


def chain(awaitable):
    """The frames from `awaitable` to what it waits for in the end, innermost first."""
    frames = []
    while awaitable is not None:
        python_frame, awaited = _step(awaitable)
        if python_frame is not None:
            frames.append(frame(python_frame, awaitable.__qualname__))
        elif awaited is None and type(awaitable).__name__ != "FutureIter" and not (
            asyncio.isfuture(awaitable) or isinstance(awaitable, _GENERATOR_LIKE)
        ):
            frames.append(native_frame(awaitable))
        awaitable = awaited
    frames.reverse()
    return frames


def stack(python_frame):
    """The frames of a thread, innermost first."""
    frames = []
    while python_frame is not None:
        frames.append(frame(python_frame))
        python_frame = python_frame.f_back
    return frames


def running_chain(thread_frame, coroutine):
    """The chain of a task that is on a thread's stack: that stack down to the task's coroutine."""
    frames = []
    while thread_frame is not None:
        frames.append(frame(thread_frame))
        if thread_frame is coroutine.cr_frame:
            return frames
        thread_frame = thread_frame.f_back
    return frames


# ---------------------------------------------------------------- tasks


def _coroutine_of(task):
    if task.done() and VERSION == (3, 12):
        return None  # 3.12.1 crashes on get_coro() of a task that finished in its eager first step
    return task.get_coro() if hasattr(task, "get_coro") else task._coro


def _started(coroutine):
    if inspect.iscoroutine(coroutine):
        return inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED
    if inspect.isgenerator(coroutine):
        return inspect.getgeneratorstate(coroutine) != inspect.GEN_CREATED
    return None


def _is_running(coroutine):
    return bool(getattr(coroutine, "cr_running", False) or getattr(coroutine, "gi_running", False))


def _state(task, coroutine):
    if task.done():
        return "done"
    if _is_running(coroutine):
        return "running"
    waiter = task._fut_waiter
    return "ready" if waiter is None or waiter.done() else "waiting"


def _outcome(task):
    if not task.done():
        return None
    if task.cancelled():
        return "cancelled"
    return "result" if task._exception is None else "exception"


def _exception(task):
    if _outcome(task) != "exception":
        return None
    exception = task._exception
    return {
        "type": type(exception).__qualname__,
        "message": str(exception),
        "retrieved": not task._log_traceback,
        "frames": [
            {"function": frame.f_code.co_name, "file": frame.f_code.co_filename, "line": line}
            for frame, line in reversed(list(traceback.walk_tb(exception.__traceback__)))
        ],
    }


def _created_at(task):
    if task._source_traceback is None:
        return None
    return [
        {"function": entry.name, "file": entry.filename, "line": entry.lineno}
        for entry in reversed(task._source_traceback)
    ]


def _name(task):
    if not hasattr(task, "get_name"):
        return ""  # 3.7 gives tasks no name
    return task.get_name()


def task(subject, name=None):
    """One task; `name` where asking the task would change what is under test."""
    coroutine = _coroutine_of(subject)
    loop = subject._loop
    state = _state(subject, coroutine)
    thread = thread_of(loop)
    if state == "running":
        frames = running_chain(sys._current_frames()[thread], coroutine)
    else:
        frames = chain(coroutine) if state != "done" else None
    name = _name(subject) if name is None else name
    return {
        "id": task_id(subject),
        "interpreter": interpreter(),
        "name": name,
        "name_is_default": bool(re.match(r"Task-\d+$", name)),
        "coroutine": getattr(coroutine, "__qualname__", None),
        "type": full_name(type(subject)),
        "state": state,
        "started": _started(coroutine) if state != "done" else None,
        "cancelling": subject.cancelling() if hasattr(subject, "cancelling") else None,
        "must_cancel": bool(subject._must_cancel),
        "outcome": _outcome(subject),
        "exception": _exception(subject),
        "loop": loop_id(loop),
        "thread": native_id_of(thread),
        "frames": frames,
        "created_at": _created_at(subject),
    }


def all_tasks(loop):
    """The tasks of `loop` that are not done, pure-Python ones included."""
    tasks = set(asyncio.all_tasks(loop))
    if VERSION >= (3, 14):  # `all_tasks` knows only those of C
        tasks.update(
            task for task in asyncio.tasks._scheduled_tasks if task._loop is loop and not task.done()
        )
    return tasks


# ---------------------------------------------------------------- threads


def native_id_of(ident):
    """The kernel's id of a Python thread, or None where nobody noted it (3.7)."""
    known = threading._active.get(ident)
    return getattr(known, "native_id", None) or _native_ids.get(ident)


def _syscall(native_id):
    try:
        with open("/proc/self/task/{}/syscall".format(native_id)) as file:
            number = file.read().split()[0]
    except (OSError, IndexError):
        return None
    return _SYSCALLS.get(int(number)) if number.isdigit() else None  # "running", "-1"


def _kernel_name(native_id):
    with open("/proc/self/task/{}/comm".format(native_id)) as file:
        return file.read().rstrip("\n")


def interpreter():
    """The number of the calling interpreter; 0 is the main one."""
    for module in ("_interpreters", "_xxsubinterpreters"):
        try:
            current = importlib.import_module(module).get_current()
        except ImportError:
            continue
        return int(current[0] if isinstance(current, tuple) else current)
    return 0


def thread(ident, python_frame, loops=()):
    native_id = native_id_of(ident)
    known = threading._active.get(ident)
    loop = next((loop for loop in loops if thread_of(loop) == ident), None)
    return {
        "interpreter": interpreter(),
        "native_id": native_id,
        "name": known.name if known is not None else _kernel_name(native_id),
        "daemon": known.daemon if known is not None else None,
        "syscall": _syscall(native_id) if native_id else None,
        "loop": loop_id(loop) if loop is not None else None,
        "frames": stack(python_frame) if python_frame is not None else None,
    }


def current_frames():
    """{ident: innermost frame, or None where it is not to be had} of this interpreter's threads.

    Until 3.13 `sys._current_frames` reaches into all interpreters, without
    holding their GILs, and damages memory: with several it must not be called.
    """
    if several_interpreters and VERSION < (3, 14):
        return dict.fromkeys(threading._active)
    return sys._current_frames()


def threads(loops=()):
    """Every Python thread of this interpreter but the one that asks."""
    asking = threading.get_ident()
    return [
        thread(ident, python_frame, loops)
        for ident, python_frame in current_frames().items()
        if ident != asking and (ident in threading._active or ident in _native_ids)
    ]


def kernel_states():
    """{native id: state letter} of every other thread of the process."""
    states = {}
    for native_id in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/{}/stat".format(native_id)) as file:
                states[int(native_id)] = file.read().rpartition(")")[2].split()[0]
        except OSError:
            pass
    states.pop(own_native_id(), None)
    return states


# ---------------------------------------------------------------- loops


def _loop_state(subject):
    """Right of a process at rest: who does not poll waits for something else."""
    if not subject.is_running():
        return "stopped"
    innermost = current_frames().get(thread_of(subject))
    polls = innermost is None or innermost.f_code.co_filename.endswith("selectors.py")
    return "polling" if polls or type(subject).__module__ == "uvloop" else "blocked"


def loop(subject):
    ident = thread_of(subject)
    ready = getattr(subject, "_ready", None)
    timers = getattr(subject, "_scheduled", None)
    return {
        "id": loop_id(subject),
        "interpreter": interpreter(),
        "class": full_name(type(subject)),
        "thread": native_id_of(ident),
        "state": _loop_state(subject),
        "running": subject.is_running(),
        "closed": subject.is_closed(),
        "debug": subject.get_debug(),
        "ready": len(ready) if ready is not None else None,
        "timers": len(timers) if timers is not None else None,
    }
