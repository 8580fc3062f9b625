"""Two loops in two threads, neither blocked: a task of each awaits a coroutine in the other that needs a lock the first holds."""
import asyncio, signal, threading
signal.alarm(900)

loops = {}


class Side:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def read(self):
        async with self.lock:
            return 1

    async def mirror(self, other_loop, other):
        async with self.lock:
            await asyncio.sleep(0.2)
            remote = asyncio.run_coroutine_threadsafe(other.read(), other_loop)
            return await asyncio.wrap_future(remote)


sides = {}


async def entry(me, other):
    loops[me], sides[me] = asyncio.get_running_loop(), Side()
    await asyncio.sleep(0.2)
    await asyncio.create_task(sides[me].mirror(loops[other], sides[other]), name=f"mirror-{me}")


threading.Timer(0.9, print, ["READY"]).start()
threading.Thread(target=lambda: asyncio.run(entry("south", "north")), name="loop-south", daemon=True).start()
asyncio.run(entry("north", "south"))
