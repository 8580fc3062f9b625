# synchronous code runs a coroutine with async_to_sync, and the coroutine waits for an event that nobody sets (rebuilds django/asgiref issue 458)
import asyncio, queue, signal, threading, time
from asgiref.sync import async_to_sync, sync_to_async
signal.alarm(900)

class Orm:
    def __init__(self):
        self.rows = []
    def load(self):
        time.sleep(0.05)
        return len(self.rows)

class Channel:
    def __init__(self):
        self.accepted = asyncio.Event()
    async def accept(self):
        self.accepted.set()
    async def send(self, message):
        await self.accepted.wait()
        return message

class View:
    def __init__(self, orm):
        self.orm = orm
    async def answer(self):
        channel = Channel()
        count = await sync_to_async(self.orm.load)()
        return await channel.send("%d rows" % count)
    def __call__(self):
        return async_to_sync(self.answer)()

jobs = queue.Queue()
def idle_worker():
    while True:
        jobs.get()()

threading.Thread(target=idle_worker, name="idle", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
print(View(Orm())())
while True:
    time.sleep(1)
