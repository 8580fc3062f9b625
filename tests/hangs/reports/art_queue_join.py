# a consumer skips task_done() for some results, so that join() of the queue waits for ever (rebuilds OpenPipe/ART pull request 429)
import asyncio, signal
signal.alarm(900)

async def consumer(results):
    while True:
        result = await results.get()
        if result % 7 == 3:
            continue
        await asyncio.sleep(0.01)
        results.task_done()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def train():
    results = asyncio.Queue()
    tasks = [asyncio.create_task(consumer(results), name="consumer"), asyncio.create_task(heartbeat(), name="heartbeat")]
    for n in range(20):
        results.put_nowait(n)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await results.join()
    while True:
        await asyncio.sleep(0.5)

asyncio.run(train())
