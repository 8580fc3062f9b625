"""Two trio tasks take two locks in opposite order."""
import signal
import trio
signal.alarm(900)


async def transfer(source, target):
    async with source:
        await trio.sleep(0.1)
        async with target:
            pass


async def main():
    left, right = trio.Lock(), trio.Lock()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(transfer, left, right, name="left-to-right")
        nursery.start_soon(transfer, right, left, name="right-to-left")
        await trio.sleep(0.3)
        print("READY", flush=True)


trio.run(main)
