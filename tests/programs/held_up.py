"""A loop whose steps are held up.

usage: held_up.py processor|gil TRUTH

`processor`: this process and a child that computes have one processor together. `gil`: a thread calls a function of C
again and again that keeps the GIL. Prints READY, takes some steps, and writes for each how long it lasted and for how
long its thread did not compute, in seconds.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time

STEPS = 8
# Until then, somebody has begun to watch.
REST_S = 1.5
COMPUTES_S = 0.08
done = False


def compute():
    end = time.thread_time() + COMPUTES_S
    while time.thread_time() < end:
        pass


def wake_often():
    for _ in range(4):
        time.sleep(0.001)


def keep_gil():
    while not done:
        sum(range(2_000_000))


async def main(step, spans):
    await asyncio.sleep(REST_S)
    for _ in range(STEPS):
        # The step begins where the loop has polled.
        await asyncio.sleep(0.1)
        wall, own = time.perf_counter(), time.thread_time()
        step()
        lasted = time.perf_counter() - wall
        spans.append((lasted, lasted - (time.thread_time() - own)))
    await asyncio.sleep(0.1)


if __name__ == "__main__":
    kind, truth = sys.argv[1:]
    spans, competitor = [], None
    if kind == "processor":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        competitor = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        step = compute
    else:
        threading.Thread(target=keep_gil, name="keeper", daemon=True).start()
        step = wake_often
    try:
        print("READY", flush=True)
        asyncio.run(main(step, spans))
    finally:
        done = True
        if competitor:
            competitor.kill()
            competitor.wait()
    with open(truth, "w") as file:
        json.dump(spans, file)
