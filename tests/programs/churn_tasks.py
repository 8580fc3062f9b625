"""Tasks that are born and die as fast as they can: churn_tasks.py WORKERS [KIND ...]

Worker i (task `w-i`, coroutine worker_i) awaits one fresh child after another:
task `c-i-k`, whose chain is child_i > middle_i > leaf_i, each with the number i
and the task's name among its variables. Every worker has functions of its own,
so that a frame says whose it is. What else goes on, by KIND: `threads` start and
end, named `t-k`, in short(); `imports`: modules come and go; `gc`: cycles are
made and collected; `fork`: children are started.
"""

import asyncio
import gc
import os
import signal
import sys
import threading
import types
import warnings

SOURCE = """
async def leaf_{i}(number, name, pause):
    if pause:
        await asyncio.sleep(0)
    else:
        loop = asyncio.get_event_loop()
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future

async def middle_{i}(number, name, pause):
    await leaf_{i}(number, name, pause)

async def child_{i}(number, name, pause):
    await middle_{i}(number, name, pause)

async def worker_{i}(number):
    loop = asyncio.get_event_loop()
    step = 0
    while True:
        step += 1
        name = "c-{i}-%d" % step
        await loop.create_task(child_{i}(number, name, step % 2), name=name)
"""


def make_worker(i):
    names = {"asyncio": asyncio, "__name__": "churn_%d" % i}
    exec(compile(SOURCE.format(i=i), "churn_%d.py" % i, "exec"), names)
    return names["worker_%d" % i]


def short(event):
    event.wait(0.001)


async def churn_threads():
    step = 0
    event = threading.Event()
    while True:
        threads = []
        for _ in range(5):
            step += 1
            threads.append(threading.Thread(target=short, args=(event,), name="t-%d" % step))
            threads[-1].start()
        await asyncio.sleep(0.002)
        for thread in threads:
            thread.join()


async def churn_imports():
    step = 0
    while True:
        step += 1
        name = "churned_%d" % (step % 50)
        module = types.ModuleType(name)
        exec("def function(): return %d\nclass Class: value = %d\n" % (step, step), module.__dict__)
        sys.modules[name] = module
        if step % 200 == 0:
            for number in range(50):
                sys.modules.pop("churned_%d" % number, None)
        if step % 20 == 0:
            await asyncio.sleep(0)


async def churn_garbage():
    while True:
        for _ in range(200):
            one, other = [], {}
            one.append(other)
            other["one"] = one
        gc.collect()
        await asyncio.sleep(0)


async def churn_forks():
    while True:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        await asyncio.sleep(0.005)


OTHERS = {
    "threads": churn_threads,
    "imports": churn_imports,
    "gc": churn_garbage,
    "fork": churn_forks,
}


async def main():
    loop = asyncio.get_event_loop()
    kept = []
    for i in range(int(sys.argv[1])):
        kept.append(loop.create_task(make_worker(i)(i), name="w-%d" % i))
    for kind in sys.argv[2:]:
        kept.append(loop.create_task(OTHERS[kind](), name=kind))
    await asyncio.sleep(0.2)
    print("READY", os.getpid(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    signal.alarm(7200)
    warnings.simplefilter("ignore")
    asyncio.run(main())
