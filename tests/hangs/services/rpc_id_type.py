# JSON-RPC over TCP: one reader task resolves the pending calls; a test double of the server is in the same process
import asyncio, itertools, json, os, signal, types
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Rpc:
    def __init__(self):
        self.pending: dict = {}
        self.ids = itertools.count(1)
        self.unknown = 0
        self._reader_task = None
    async def connect(self, port):
        self.r, self.w = await asyncio.open_connection("127.0.0.1", port)
        self._reader_task = asyncio.create_task(self._read(), name="rpc-reader")
        return self
    async def _read(self):
        async for line in self.r:
            self._feed(types.SimpleNamespace(**json.loads(line)))
    def _feed(self, msg):
        fut = self.pending.pop(msg.id, None)
        if fut is None:
            self.unknown += 1
        elif not fut.done():
            fut.set_result(msg.result)
    async def call(self, method, **params):
        n = next(self.ids)
        fut = self.pending[n] = asyncio.get_running_loop().create_future()
        self.w.write(json.dumps({"id": n, "method": method, "params": params}).encode() + b"\n")
        await self.w.drain()
        return await fut

class Double:
    """answers every request"""
    def __init__(self): self.calls = 0
    async def __call__(self, r, w):
        async for line in r:
            m = json.loads(line)
            self.calls += 1
            fn = getattr(self, "rpc_" + m["method"])
            out = {"id": str(m["id"]), "result": fn(**m["params"])}
            w.write(json.dumps(out).encode() + b"\n")
    def rpc_total(self, lines): return sum(lines)

class Invoices:
    def __init__(self, rpc): self.rpc, self.made = rpc, []
    async def make(self, n):
        self.made.append((n, await self.rpc.call("total", lines=[n, 2 * n])))

async def cron(inv):
    while True:
        await asyncio.sleep(1)
        cron.last = len(inv.made)

async def main():
    server = await asyncio.start_server(Double(), "127.0.0.1", 0)
    rpc = await Rpc().connect(server.sockets[0].getsockname()[1])
    inv = Invoices(rpc)
    c = asyncio.create_task(cron(inv), name="cron")
    jobs = [asyncio.create_task(inv.make(n), name=f"invoice-{n}") for n in range(2)]
    await asyncio.sleep(1.2)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*jobs)
    print("ENDED", flush=True)

asyncio.run(main())
