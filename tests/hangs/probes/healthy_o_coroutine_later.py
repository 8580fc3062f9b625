# healthy: coroutine later
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: coroutines that have not begun stand in a list
import asyncio


class Plan:
    def __init__(self):
        self.steps = []

    def add(self, coro):
        self.steps.append(coro)

    async def run(self):
        while self.steps:
            step = self.steps.pop(0)
            await asyncio.sleep(DELAY)
            await step


class Gate:
    def __init__(self):
        self.is_open = asyncio.Event()

    async def open(self):
        self.is_open.set()


async def visitor(gate):
    await gate.is_open.wait()


async def main():
    plan = Plan()
    gate = Gate()
    plan.add(gate.open())
    asyncio.create_task(plan.run())
    del plan
    task = asyncio.create_task(visitor(gate))
    del gate
    print("READY", flush=True)
    await task
    print("DONE", flush=True)


asyncio.run(main())
