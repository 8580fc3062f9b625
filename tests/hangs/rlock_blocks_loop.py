"""A coroutine logs through a handler with an RLock; another thread is stuck in a queue while it holds that RLock."""
import asyncio, queue, signal, threading
signal.alarm(900)


class Journal:
    def __init__(self):
        self.guard = threading.RLock()
        self.lines = queue.Queue(1)

    def write(self, line):
        with self.guard:
            self.lines.put(line)  # full, and nobody takes lines out


def importer(journal):
    for n in range(10):
        journal.write(f"imported {n}")


async def handle(journal):
    await asyncio.sleep(0.2)
    journal.write("request")


async def pulse():
    while True:
        await asyncio.sleep(0.07)


async def main():
    journal = Journal()
    threading.Thread(target=importer, args=(journal,), daemon=True, name="importer").start()
    threading.Timer(0.5, print, ["READY"]).start()
    beat = asyncio.create_task(pulse(), name="pulse")
    await asyncio.create_task(handle(journal), name="request-1")
    beat.cancel()


asyncio.run(main())
