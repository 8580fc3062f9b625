"""Ten thousand tasks: `many_tasks.py TRUTH.json`. Half sleep, half wait for one of the others."""

import asyncio
import sys

import cases
import oracle

COUNT = 10000


async def sleeper():
    await asyncio.sleep(3600)


async def waiter(task):
    await task


async def main():
    cases.arm()
    loop = asyncio.get_event_loop()
    sleepers = [loop.create_task(sleeper()) for _ in range(COUNT // 2)]
    waiters = [loop.create_task(waiter(task)) for task in sleepers]
    await cases.settle(loop)
    loop.call_soon(publish, sleepers, waiters)
    await cases.never()


def publish(sleepers, waiters):
    pairs = [
        [oracle.task_id(waiting), oracle.task_id(awaited)] for waiting, awaited in zip(waiters, sleepers)
    ]
    cases.write(
        sys.argv[1],
        {
            "pairs": pairs,
            "sleeper_line": sleeper.__code__.co_firstlineno + 1,
            "waiter_line": waiter.__code__.co_firstlineno + 1,
        },
    )
    cases.ready(sys.argv[1])


if __name__ == "__main__":
    asyncio.run(main())
