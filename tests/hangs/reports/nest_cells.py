# a call that runs the loop again waits for a task whose own nested call is below it on the stack (rebuilds erdewit/nest_asyncio issue 66)
import asyncio, signal
import nest_asyncio
signal.alarm(900)
nest_asyncio.apply()

def wait_for_result(coro):
    return asyncio.get_running_loop().run_until_complete(coro)

async def cell_a(done):
    wait_for_result(asyncio.sleep(0.3))
    done.set()

async def cell_b(done):
    await asyncio.sleep(0.1)
    wait_for_result(done.wait())

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.gather(asyncio.create_task(cell_a(done), name="cell_a"), asyncio.create_task(cell_b(done), name="cell_b"))
    await beat

asyncio.run(main())
