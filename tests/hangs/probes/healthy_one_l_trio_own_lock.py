# trio: own lock, __aexit__ sets the next one's trio.Event
import signal
import trio
signal.alarm(900)
class Lock:
    def __init__(self): self.busy, self.events = False, []
    async def __aenter__(self):
        while self.busy:
            e = trio.Event(); self.events.append(e); await e.wait()
        self.busy = True
    async def __aexit__(self, *exc):
        self.busy = False
        for e in self.events: e.set()
async def request(x, seconds):
    async with x: await trio.sleep(seconds)
async def ready():
    await trio.sleep(1); print("READY", flush=True)
async def main():
    x = Lock()
    async with trio.open_nursery() as n: n.start_soon(ready)
        n.start_soon(request, x, 25); n.start_soon(request, x, 25)
trio.run(main)
