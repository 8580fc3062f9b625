"""notify_all() came before wait(), and the waiter does not look at the state first: the wake-up is lost."""
import asyncio, signal
signal.alarm(900)


class Leader:
    def __init__(self):
        self.changed = asyncio.Condition()
        self.elected = None

    async def elect(self, node):
        async with self.changed:
            self.elected = node
            self.changed.notify_all()

    async def wait_elected(self):
        async with self.changed:
            await self.changed.wait()
            return self.elected


async def follower(leader, delay):
    await asyncio.sleep(delay)
    return await leader.wait_elected()


async def main():
    leader = Leader()
    asyncio.get_running_loop().call_later(0.4, print, "READY")
    followers = [asyncio.create_task(follower(leader, 0.05 * n), name=f"follower-{n}") for n in (1, 2)]
    await asyncio.create_task(leader.elect("node-7"), name="election")
    await asyncio.gather(*followers)


asyncio.run(main())
