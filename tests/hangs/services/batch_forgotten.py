# booking service: rows are written in batches, every caller gets a future
import asyncio, contextlib, dataclasses, os, signal, typing as t
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class StoreDown(Exception): pass

@dataclasses.dataclass
class Row:
    seat: str
    done: asyncio.Future

class Store:
    def __init__(self):
        self.rows, self.calls = {}, 0
    async def insert_many(self, seats: t.Sequence[str]):
        self.calls += 1
        await asyncio.sleep(0.05)
        if self.calls == 2:
            raise StoreDown("too many connections")
        for s in seats:
            self.rows[s] = True
        return len(seats)

class Writer:
    def __init__(self, store: Store, size=4, every=0.2):
        self.store, self.size, self.every = store, size, every
        self.pending: list[Row] = []
        self.wake = asyncio.Event()
        self.errors = 0

    def submit(self, seat) -> asyncio.Future:
        row = Row(seat, asyncio.get_running_loop().create_future())
        self.pending.append(row)
        self.wake.set()
        return row.done

    def _take(self):
        batch, self.pending = self.pending[:self.size], self.pending[self.size:]
        return batch

    def _put_back(self, batch):
        self.pending[:0] = batch
        self.wake.set()

    async def run(self):
        while True:
            await self.wake.wait()
            self.wake.clear()
            await asyncio.sleep(self.every)
            while batch := self._take():
                try:
                    await self._write(batch)
                except StoreDown:
                    self.errors += 1

    async def _write(self, batch):
        await self.store.insert_many([r.seat for r in batch])
        for r in batch:
            if not r.done.done():
                r.done.set_result(r.seat)

class Bookings:
    def __init__(self, writer): self.writer = writer
    async def reserve(self, seat):
        return await self.writer.submit(seat)

async def heartbeat(writer):
    while True:
        await asyncio.sleep(1)
        writer.beats = getattr(writer, "beats", 0) + 1

async def health(reader, w):
    with contextlib.closing(w):
        await reader.readline()
        w.write(b"HTTP/1.0 200 OK\r\n\r\nok")
        await w.drain()

async def main():
    writer = Writer(Store())
    svc = Bookings(writer)
    server = await asyncio.start_server(health, "127.0.0.1", 0)
    async with server, asyncio.TaskGroup() as tg:
        tg.create_task(writer.run(), name="writer")
        tg.create_task(heartbeat(writer), name="heartbeat")
        await asyncio.gather(*(svc.reserve(f"A{n}") for n in range(3)))
        late = [tg.create_task(svc.reserve(f"B{n}"), name=f"reserve-B{n}") for n in range(3)]
        await asyncio.sleep(1)
        tg.create_task(svc.reserve("C0"), name="reserve-C0")
        asyncio.get_running_loop().call_later(1, print, f"READY {os.getpid()}")
        asyncio.get_running_loop().call_later(1.05, __import__("sys").stdout.flush)
        await asyncio.wait(late)
        print("ENDED", flush=True)

asyncio.run(main())
