# scanner: at Ctrl-C the tasks are cancelled; each closes its database connection, shielded
import asyncio, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Connection:
    """a blocking driver on a thread of its own"""
    def __init__(self, n):
        self.calls = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=f"db-{n}", daemon=True)
        self.thread.start()
    def _run(self):
        while True:
            fut, fn = self.calls.get()
            if fut.cancelled():
                time.sleep(LAG)
                continue
            out = fn()
            fut.get_loop().call_soon_threadsafe(lambda f, o: f.done() or f.set_result(o), fut, out)
    def _call(self, fn):
        fut = asyncio.get_running_loop().create_future()
        self.calls.put((fut, fn))
        return fut
    async def execute(self, seconds):
        return await self._call(lambda: time.sleep(seconds))
    async def close(self):
        await self._call(lambda: None)

class Scanner:
    def __init__(self): self.conns = []
    async def attack(self, n):
        conn = Connection(n)
        self.conns.append(conn)
        try:
            while True:
                slow = asyncio.create_task(conn.execute(0.2))
                fast = asyncio.create_task(conn.execute(0.2))
                await asyncio.gather(slow, fast)
        finally:
            await asyncio.shield(conn.close())

    async def run(self):
        async with asyncio.TaskGroup() as tg:
            for n in range(2):
                tg.create_task(self.attack(n), name=f"attack-{n}")
            await asyncio.sleep(0.5)
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(3600)

t = threading.Timer(2, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
try:
    asyncio.run(Scanner().run())
except KeyboardInterrupt:
    print("ENDED", flush=True)
