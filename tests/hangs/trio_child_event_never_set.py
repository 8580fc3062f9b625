"""A nursery waits for a child, and the child for an event that nobody sets any more."""
import signal
import trio
signal.alarm(900)


async def load(started, fail):
    await trio.sleep(0.05)
    if fail:
        return
    started.set()


async def serve(started):
    await started.wait()


async def main():
    started = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(load, started, True)
        nursery.start_soon(serve, started)
        await trio.sleep(0.3)
        print("READY", flush=True)


trio.run(main)
