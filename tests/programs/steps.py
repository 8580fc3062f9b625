"""Steps of known lengths that block a loop: `steps.py FILE`.

READY is printed before the first of 24 steps. Each sleeps for a while in C code, or computes, and has a
rest after it. Then it writes to FILE, as JSON, for how long the loop did not poll each time: at least as
long as the step itself, and at most from the end of a call of its selector to the next call, in seconds.
The process may lose its processor between the two. Then it ends.
"""
import asyncio
import json
import selectors
import sys
import time

LENGTHS_S = (0.03, 0.05, 0.08)
STEPS = 24
REST_S = 0.1


class Selector(selectors.DefaultSelector):
    """A selector that notes for how long nobody called it."""

    left_at = None
    step = None
    long = []

    def select(self, timeout=None):
        if self.step is not None:
            self.long.append((self.step, time.monotonic() - self.left_at))
            Selector.step = None
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
        before = time.monotonic()
        (time.sleep if number % 2 else compute)(length)
        Selector.step = time.monotonic() - before
        await asyncio.sleep(REST_S)


event_loop = asyncio.SelectorEventLoop(Selector())
event_loop.run_until_complete(main())
with open(sys.argv[1], "w") as file:
    json.dump(Selector.long, file)
