"""A payment service that hangs: two transfers take the same two locks in opposite order."""
import asyncio
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

if sys.version_info < (3, 7):
    sys.exit("Python 3.7 or later is needed")
signal.alarm(120)  # never outlives whoever started it by much


class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance
        self.lock = asyncio.Lock()


async def transfer(source, target, amount):
    async with source.lock:
        await asyncio.sleep(0.05)  # the other transfer takes its first lock meanwhile
        async with target.lock:
            source.balance -= amount
            target.balance += amount


async def settle(alice, bob):
    there = start(transfer(alice, bob, 10), "alice-to-bob")
    back = start(transfer(bob, alice, 5), "bob-to-alice")
    await asyncio.gather(there, back)


async def send_receipts(receipts):
    while True:
        print("receipt for", await receipts.get())


def fetch_rates():
    time.sleep(3600)


async def refresh_rates(pool):
    await asyncio.get_event_loop().run_in_executor(pool, fetch_rates)


async def heartbeat():
    while True:
        await asyncio.sleep(30)


def start(coroutine, name):
    task = asyncio.ensure_future(coroutine)
    if hasattr(task, "set_name"):  # 3.8
        task.set_name(name)
    return task


async def main():
    alice, bob = Account("alice", 100), Account("bob", 100)
    pool = ThreadPoolExecutor(2, thread_name_prefix="rates")
    background = [
        start(send_receipts(asyncio.Queue()), "receipts"),
        start(refresh_rates(pool), "rates"),
        start(heartbeat(), "heartbeat"),
    ]
    asyncio.get_event_loop().call_later(0.3, ready)
    await settle(alice, bob)
    for task in background:
        task.cancel()


def ready():
    print("READY", os.getpid(), flush=True)


asyncio.run(main())
