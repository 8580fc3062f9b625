"""Healthy: all wait for an event that nobody sets, and main cancels them after a while."""
import signal
import trio
signal.alarm(900)


async def hold(first, second):
    async with first:
        await trio.sleep(0.1)
        async with second:
            pass


async def wait_for_ever():
    await trio.Event().wait()


async def main():
    one, two = trio.Lock(), trio.Lock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold, one, two)
        nursery.start_soon(hold, two, one)
        nursery.start_soon(wait_for_ever)
        await trio.sleep(0.3)
        print("READY", flush=True)
        await trio.sleep(30)
        nursery.cancel_scope.cancel()


trio.run(main)
