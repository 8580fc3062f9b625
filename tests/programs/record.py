"""Tasks whose shares of time are known: `record.py FILE [say-ready]`.

For three seconds one task waits for a lock that another has all the time, one sleeps, and one blocks
the loop and sleeps in turns. It then writes to FILE, as JSON, for how long the last one blocked and
slept, and exits with status 7. Nothing computes for long: what looks at it gets a processor whatever
it does.
"""
import asyncio
import json
import random
import sys
import time

LASTS_S = 3.0
# Each turn is of another length: looks that take long must not fall into step with them.
TURN_S = (0.06, 0.1)


def block():
    time.sleep(random.uniform(*TURN_S))


async def takes_turns(until, sums):
    before = time.perf_counter()
    while before < until:
        block()
        middle = time.perf_counter()
        await asyncio.sleep(random.uniform(*TURN_S))
        after = time.perf_counter()
        sums["blocked_s"] += middle - before
        sums["slept_s"] += after - middle
        before = after


async def has_the_lock(lock):
    async with lock:
        await asyncio.sleep(3600)


async def wants_the_lock(lock):
    async with lock:
        pass


async def main():
    if "say-ready" in sys.argv:
        print("READY", flush=True)
    sums = {"blocked_s": 0.0, "slept_s": 0.0}
    lock = asyncio.Lock()
    others = [asyncio.ensure_future(has_the_lock(lock))]
    await asyncio.sleep(0)
    others.append(asyncio.ensure_future(wants_the_lock(lock)))
    await takes_turns(time.perf_counter() + LASTS_S, sums)
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    with open(sys.argv[1], "w") as file:
        json.dump(sums, file)


asyncio.get_event_loop_policy().new_event_loop().run_until_complete(main())
sys.exit(7)
