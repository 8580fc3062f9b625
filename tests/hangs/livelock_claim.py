"""Two tasks overwrite each other's claim for ever: the loop turns at full speed and nothing gets done."""
import asyncio, signal
signal.alarm(900)


class Partition:
    def __init__(self):
        self.owner = None


async def claim(partition, me):
    while True:
        partition.owner = me
        await asyncio.sleep(0)  # gives way before it looks
        if partition.owner == me:
            return


async def main():
    partition = Partition()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    claims = [asyncio.create_task(claim(partition, me), name=me) for me in ("node-a", "node-b")]
    await asyncio.gather(*claims)


asyncio.run(main())
