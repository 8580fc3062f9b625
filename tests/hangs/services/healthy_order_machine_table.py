# order service: a table-driven state machine, handlers found by name
import asyncio, enum, functools, os, signal, sys
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class State(enum.StrEnum):
    NEW = enum.auto(); AUTHORIZED = enum.auto(); CAPTURED = enum.auto(); SHIPPED = enum.auto()

TRANSITIONS = {
    (State.NEW, "payment.authorized"): "authorize",
    (State.AUTHORIZED, "payment.captured"): "capture",
    (State.CAPTURED, "parcel.sent"): "send",
}

class OrderMachine:
    def __init__(self, oid):
        self.oid, self.state, self.history = oid, State.NEW, []
        self._waiters: dict[State, list[asyncio.Future]] = {}

    async def until(self, state: State):
        if self.state is state:
            return
        fut = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(state, []).append(fut)
        await fut

    def _enter(self, state):
        self.history.append((self.state, state))
        self.state = state
        for fut in self._waiters.pop(state, ()):
            fut.set_result(None)

    def dispatch(self, event, **kw):
        action = TRANSITIONS.get((self.state, event))
        if action is None:
            self.history.append(("ignored", event))
            return False
        getattr(self, f"on_{action}")(**kw)
        return True

    def on_authorize(self, amount=0): self._enter(State.AUTHORIZED)
    def on_capture(self): self._enter(State.CAPTURED)
    def on_send(self): self._enter(State.SHIPPED)

class Gateway:
    """delivers webhooks of the payment provider"""
    def __init__(self): self.orders = {}
    def webhook(self, oid, event, **kw):
        return self.orders[oid].dispatch(event, **kw)
    def schedule(self, delay, oid, event, **kw):
        asyncio.get_running_loop().call_later(delay, functools.partial(self.webhook, oid, event, **kw))

class Shop:
    def __init__(self):
        self.gateway = Gateway()
        self.parcels = asyncio.Queue()
    def open(self, oid):
        m = self.gateway.orders[oid] = OrderMachine(oid)
        self.gateway.schedule(0.1, oid, "payment.authorized", amount=10)
        self.gateway.schedule(LAG, oid, "payment.captured")
        return m
    async def ship(self, m):
        await m.until(State.AUTHORIZED)
        await m.until(State.CAPTURED)
        await self.parcels.put(m.oid)
        m.dispatch("parcel.sent")

async def stock_poller():
    while True:
        await asyncio.sleep(2)

async def main():
    shop = Shop()
    poll = asyncio.create_task(stock_poller(), name="stock-poller")
    jobs = [asyncio.create_task(shop.ship(shop.open(n)), name=f"ship-{n}") for n in range(3)]
    await asyncio.sleep(1.5)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*jobs)
    print("ENDED", flush=True)

asyncio.run(main())
