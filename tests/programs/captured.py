"""A small program that hangs and has secrets: `captured.py TEXT NUMBER [more]`.

Two tasks hold a lock each and wait for the other's; others wait for an event,
a queue, a timer, a thread and a socket; one has failed. The secrets come in on
the command line, and are never in the source. READY comes when all wait.

Uses nothing of this directory.
"""

import asyncio
import signal
import socket
import sys
import threading


class Account:
    def __init__(self, text, number):
        self.password = "attribute " + text
        self.pin = number + 2


async def transfer(name, first, second, password, pin):
    account = Account(password, pin)
    local_text = "local " + password
    local_number = pin + 1
    sessions = {"key " + password: account, pin + 3: {password, pin}}
    async with first:
        await asyncio.sleep(0.05)
        async with second:
            print(name, account, local_text, local_number, sessions)


async def consumer(queue):
    while True:
        await queue.get()


async def waiter(event):
    await event.wait()


async def sleeper():
    await asyncio.sleep(86400)


async def in_thread(loop, stop):
    await loop.run_in_executor(None, stop.wait)


async def reader(loop, ours):
    await loop.sock_recv(ours, 1)


async def failing():
    raise ValueError("nobody asks for this")


async def main():
    loop = asyncio.get_event_loop()
    text, number = sys.argv[1], int(sys.argv[2])
    one, other = asyncio.Lock(), asyncio.Lock()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    failed = loop.create_task(failing())
    tasks = [
        transfer("one", one, other, text, number),
        transfer("other", other, one, text, number),
        consumer(asyncio.Queue(4)),
        waiter(asyncio.Event()),
        sleeper(),
        in_thread(loop, threading.Event()),
        reader(loop, ours),
    ]
    waiting = [loop.create_task(task) for task in tasks]
    await asyncio.sleep(0.3)
    print("READY", flush=True)
    await asyncio.gather(*waiting)
    print(failed, theirs)


if __name__ == "__main__":
    signal.alarm(600)
    asyncio.run(main())
