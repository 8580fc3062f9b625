# trio.Semaphore: one has it for 25 s, another waits
import signal
import trio
signal.alarm(900)
async def request(x, seconds):
    async with x:
        await trio.sleep(seconds)
async def ready():
    await trio.sleep(1); print("READY", flush=True)
async def main():
    x = trio.Semaphore(1)
    async with trio.open_nursery() as n:
        n.start_soon(ready)
        n.start_soon(request, x, 25); n.start_soon(request, x, 25); n.start_soon(request, x, 25)
trio.run(main)
