# healthy: asyncio callback
import asyncio
class App: done = None
def cb(x): App.done.set(); return x
async def run(k): await asyncio.sleep(45); list(map(k, [1]))
async def main():
    App.done = asyncio.Event(); t = asyncio.create_task(run(cb))
    asyncio.get_running_loop().call_later(1, print, "READY")
    await App.done.wait()
asyncio.run(main())
