# Notebook-style reporting: synchronous helpers run coroutines on the running loop with nest_asyncio.
import asyncio
import signal
import threading

import nest_asyncio

signal.alarm(900)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
nest_asyncio.apply(loop)


def sync(coroutine):
    return loop.run_until_complete(coroutine)


class Reports:
    def __init__(self):
        self.quotes = None
        self.pages = []

    async def load_quotes(self):
        await asyncio.sleep(0.8)
        return [1.0, 2.0, 3.0]

    async def quotes_page(self):
        self.quotes = sync(self.load_quotes())
        return f"{len(self.quotes)} quotes"

    async def total_page(self, quotes_task):
        await asyncio.sleep(0.1)
        page = sync(asyncio.shield(quotes_task))
        return f"total over {page}"


async def heartbeat():
    while True:
        await asyncio.sleep(3)


async def publish(reports):
    while True:
        quotes = asyncio.create_task(reports.quotes_page(), name="quotes-page")
        total = asyncio.create_task(reports.total_page(quotes), name="total-page")
        reports.pages = [await quotes, await total]
        await asyncio.sleep(1)


async def main():
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await publish(Reports())


ready = threading.Timer(2, lambda: print("READY", flush=True))
ready.daemon = True
ready.start()
sync(main())
