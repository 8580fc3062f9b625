"""Steps of known lengths that block a loop: `steps.py FILE`.

READY is printed before the first of 24 steps. Each sleeps for a while in C code, or computes, and has a
rest after it. Then it writes to FILE, as JSON, for how long the loop did not poll each time that this was
long: from the end of a call of its selector to the next call, in seconds. Then it ends.
"""
import asyncio
import json
import selectors
import sys
import time

LENGTHS_S = (0.03, 0.05, 0.08)
STEPS = 24
REST_S = 0.1
LONG_S = 0.015


class Selector(selectors.DefaultSelector):
    """A selector that notes for how long nobody called it."""

    left_at = None
    long = []

    def select(self, timeout=None):
        if self.left_at is not None:
            lasted = time.monotonic() - self.left_at
            if lasted > LONG_S:
                self.long.append(lasted)
        events = super().select(timeout)
        self.left_at = time.monotonic()
        return events


def compute(length):
    until = time.monotonic() + length
    while time.monotonic() < until:
        pass


async def main():
    await asyncio.sleep(0)
    print("READY", flush=True)
    await asyncio.sleep(1)
    for number in range(STEPS):
        length = LENGTHS_S[number % len(LENGTHS_S)]
        (time.sleep if number % 2 else compute)(length)
        await asyncio.sleep(REST_S)


event_loop = asyncio.SelectorEventLoop(Selector())
event_loop.run_until_complete(main())
with open(sys.argv[1], "w") as file:
    json.dump(Selector.long, file)
