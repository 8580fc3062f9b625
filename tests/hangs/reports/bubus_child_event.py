# bubus #31: the bus runs one handler at a time; a handler emits an event on the same bus and waits until that has been handled
import asyncio, signal
from svckit import Metrics, beat, note, ready
signal.alarm(900)


class Event:
    def __init__(self, kind, payload=None):
        self.kind, self.payload, self.completed = kind, payload, asyncio.Event()

    async def wait_completed(self):
        await self.completed.wait()


class EventBus:
    def __init__(self, name):
        self.name, self.queue, self.handlers = name, asyncio.Queue(), {}
        self.task = asyncio.create_task(self._run(), name=f"bus-{name}")

    def on(self, kind, handler):
        self.handlers.setdefault(kind, []).append(handler)

    def dispatch(self, event):
        self.queue.put_nowait(event)
        return event

    async def _run(self):
        while True:
            event = await self.queue.get()
            for handler in self.handlers.get(event.kind, ()):
                await handler(event)
            event.completed.set()


class Browser:
    def __init__(self, bus, tabs):
        self.bus, self.tabs = bus, tabs
        bus.on("navigate", self.on_navigate)
        tabs.on("open_tab", self.on_open_tab)

    async def on_open_tab(self, event):
        await asyncio.sleep(0.1)

    async def on_navigate(self, event):
        child = self.tabs.dispatch(Event("open_tab", event.payload))
        await child.wait_completed()


async def main():
    bus, metrics = EventBus("main"), Metrics()
    beating = asyncio.create_task(beat(metrics), name="beat")
    Browser(bus, bus)
    await asyncio.sleep(0.2)
    ready(1)
    await bus.dispatch(Event("navigate", "https://example.test")).wait_completed()
    note("WAIT ENDED")


asyncio.run(main())
