"""A store makes a new future before it completes the one that readers wait for: those are never woken."""
import asyncio, signal
signal.alarm(900)


class Store:
    def __init__(self):
        self.revision, self.changed = 1, None

    def next_change(self):
        if self.changed is None:
            self.changed = asyncio.get_event_loop().create_future()
        return self.changed

    def publish(self):
        self.revision += 1
        self.changed = asyncio.get_event_loop().create_future()
        self.changed.set_result(self.revision)


async def follow(store):
    return await store.next_change()


async def beat(store):
    while True:
        store.revision
        await asyncio.sleep(0.2)


async def main():
    store = Store()
    follower = asyncio.ensure_future(follow(store))
    heart = asyncio.ensure_future(beat(store))
    asyncio.get_event_loop().call_later(0.1, store.publish)
    asyncio.get_event_loop().call_later(0.4, print, "READY")
    await follower
    heart.cancel()


asyncio.run(main())
