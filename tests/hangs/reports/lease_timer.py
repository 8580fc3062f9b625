# a lock is leased and the timer that would end the lease was cancelled by a renewal (rebuilds HKUDS/LightRAG pull request 3413, with leases)
import asyncio, itertools, signal
signal.alarm(900)

class Lease:
    def __init__(self, number, timer):
        self.number, self.timer = number, timer

class LockService:
    def __init__(self, ttl):
        self.ttl = ttl
        self.ids = itertools.count(1)
        self.lock = asyncio.Lock()
        self.lease = None
    async def acquire(self):
        await self.lock.acquire()
        self.lease = Lease(next(self.ids), asyncio.get_running_loop().call_later(self.ttl, self.expire))
        return self.lease.number
    def renew(self, number):
        if self.lease and self.lease.number == number:
            self.lease.timer.cancel()
    def expire(self):
        self.lease = None
        self.lock.release()

async def serve(service, reader, writer):
    while line := await reader.readline():
        word, *rest = line.decode().split()
        if word == "acquire":
            writer.write(b"%d\n" % await service.acquire())
        elif word == "renew":
            service.renew(int(rest[0]))
            writer.write(b"ok\n")
    writer.close()

async def client(address, name):
    await asyncio.sleep(0.2 if name == "worker-0" else 0.6)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"acquire\n")
    number = int(await reader.readline())
    writer.write(b"renew %d\n" % number)
    await reader.readline()
    writer.close()                                                  # it has died: the lease is to expire

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    service = LockService(25)
    server = await asyncio.start_server(lambda r, w: serve(service, r, w), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(heartbeat(), name="heartbeat")
        for n in range(2):
            group.create_task(client(address, "worker-%d" % n), name="worker-%d" % n)

asyncio.run(main())
