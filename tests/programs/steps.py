"""Steps of known lengths that block a loop: `steps.py FILE`.

READY is printed before the first of 24 steps. Each sleeps for a while in C code, or computes, and has a
rest after it. Then it writes to FILE, as JSON, the wall clock at the end of each step, and its length, in
seconds, and ends.
"""
import asyncio
import json
import sys
import time

LENGTHS_S = (0.03, 0.05, 0.08)
STEPS = 24
REST_S = 0.1


def compute(length):
    until = time.monotonic() + length
    while time.monotonic() < until:
        pass


async def main():
    steps = []
    await asyncio.sleep(0)
    print("READY", flush=True)
    await asyncio.sleep(1)
    for number in range(STEPS):
        before = time.monotonic()
        length = LENGTHS_S[number % len(LENGTHS_S)]
        (time.sleep if number % 2 else compute)(length)
        steps.append((time.time(), time.monotonic() - before))
        await asyncio.sleep(REST_S)
    with open(sys.argv[1], "w") as file:
        json.dump(steps, file)


asyncio.run(main())
