"""A chain of ten thousand coroutines, each awaiting the next: `deep_chain.py TRUTH.json`.

Driven by a loop in a thread with a large stack, since most versions nest one C
call per await. `depth` in the truth is what this interpreter could reach.
"""

import asyncio
import sys
import threading

import cases
import oracle
from cases import never

WANTED = 10000
STACK_BYTES = 1 << 30


async def innermost():
    await never()


async def link(inner):
    await inner


def chain(depth):
    coroutine = innermost()
    for _ in range(depth):
        coroutine = link(coroutine)
    return coroutine


def run(result):
    oracle.here()
    sys.setrecursionlimit(4 * WANTED)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    depth = WANTED
    while True:
        task = loop.create_task(chain(depth))
        loop.run_until_complete(asyncio.sleep(0))
        if not task.done():
            break
        assert isinstance(task.exception(), RecursionError), task.exception()
        depth = depth * 9 // 10  # 3.12 bounds the nesting of C calls whatever the limit says
    result.update(
        task=oracle.task_id(task),
        depth=depth,
        link_line=link.__code__.co_firstlineno + 1,
        innermost_line=innermost.__code__.co_firstlineno + 1,
    )
    cases.keep(task)
    loop.call_soon(publish, result)
    loop.run_forever()


def publish(result):
    cases.write(sys.argv[1], result)
    cases.ready(sys.argv[1])


def main():
    cases.arm()
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=run, args=({},), name="deep")
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
