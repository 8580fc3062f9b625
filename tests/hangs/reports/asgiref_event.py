# a thread sensitive call waits for an event that another such call, queued behind it, would set (rebuilds django/asgiref pull request 282)
import asyncio, signal, threading
from asgiref.sync import sync_to_async
signal.alarm(900)

class Download:
    def __init__(self):
        self.finished = threading.Event()
        self.rows = []
    def store(self):
        self.rows.append("row")
        self.finished.set()
    def wait(self):
        self.finished.wait()
        return len(self.rows)

async def fetch(download):
    await asyncio.sleep(0.3)
    await sync_to_async(download.store)()

async def view():
    download = Download()
    background = asyncio.create_task(fetch(download), name="fetch")
    count = await sync_to_async(download.wait)()
    await background
    return count

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    print(await asyncio.create_task(view(), name="view"))
    await beat

asyncio.run(main())
