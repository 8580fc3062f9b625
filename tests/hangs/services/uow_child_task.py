# unit of work in a context variable: each request has one, with a lock for its session
import asyncio, contextvars, os, signal, functools
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
current: contextvars.ContextVar["UnitOfWork"] = contextvars.ContextVar("uow")

class UnitOfWork:
    opened = 0
    def __init__(self):
        UnitOfWork.opened += 1
        self.lock, self.log = asyncio.Lock(), []
    async def __aenter__(self):
        await self.lock.acquire()
        self._token = current.set(self)
        return self
    async def __aexit__(self, *exc):
        self.lock.release()
        current.reset(self._token)

def transactional(fresh=False):
    def deco(fn):
        @functools.wraps(fn)
        async def wrapper(*a, **k):
            uow = None if fresh else current.get(None)
            async with uow or UnitOfWork() as u:
                return await fn(u, *a, **k)
        return wrapper
    return deco

class MailGateway:
    def __init__(self): self.acks = {}
    async def deliver(self, to):
        self.acks[to] = ack = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(LAG, self.acknowledge, to)
        await ack
    def acknowledge(self, to): self.acks.pop(to).set_result(True)

mails = MailGateway()

@transactional()
async def notify(u, oid):
    u.log.append(("notify", oid))
    await mails.deliver(f"customer-{oid}")

@transactional()
async def place(u, oid):
    u.log.append(("order", oid))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(notify(oid), name=f"notify-{oid}")
    return oid

@transactional()
async def list_orders(u):
    await asyncio.sleep(0.05)

async def browse():
    while True:
        await list_orders()
        await asyncio.sleep(0.7)

async def main():
    b = asyncio.create_task(browse(), name="browse")
    ps = [asyncio.create_task(place(n), name=f"place-{n}") for n in range(2)]
    await asyncio.sleep(1.3)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*ps)
    print("ENDED", flush=True)

asyncio.run(main())
