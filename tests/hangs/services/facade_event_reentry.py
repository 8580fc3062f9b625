"""A synchronous facade over an asyncio client that runs in a thread of its own."""
import asyncio, os, signal, threading, time
from concurrent.futures import ThreadPoolExecutor
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class LedgerServer:
    async def handle(self, reader, writer):
        while line := await reader.readline():
            await asyncio.sleep(0.05)
            writer.write(b"ok " + line)

class AsyncLedger:
    def __init__(self):
        self.handlers, self.lock = [], asyncio.Lock()

    async def connect(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(self, text):
        async with self.lock:
            self.writer.write(text.encode() + b"\n")
            return await self.reader.readline()

    async def watch(self):
        n = 0
        while True:
            await asyncio.sleep(0.4)
            n += 1
            for fn in self.handlers:
                fn(n)

class Facade:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="facade-loop", daemon=True)
        self.thread.start()
        self.call(self._open())

    async def _open(self):
        server = await asyncio.start_server(LedgerServer().handle, "127.0.0.1", 0)
        self.client = AsyncLedger()
        await self.client.connect(server.sockets[0].getsockname()[1])
        self.watcher = asyncio.create_task(self.client.watch(), name="watch")
        self.server = server

    def call(self, coro):
        return asyncio.run_coroutine_threadsafe(coro, self.loop).result()

    def ask(self, text):
        return self.call(self.client.ask(text))

class Balance:
    def __init__(self, facade):
        self.facade, self.value = facade, None
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="balance")

    def changed(self, n):
        if n == 2:
            self.refresh(n)

    def refresh(self, n):
        self.value = self.facade.ask(f"balance {n}")
        print("DONE", self.value, flush=True)

def main():
    facade = Facade()
    facade.ask("hello")
    balance = Balance(facade)
    facade.client.handlers.append(balance.changed)
    time.sleep(1.5)
    print("READY", os.getpid(), flush=True)
    while True:
        time.sleep(0.5)    # the caller's own work

main()
