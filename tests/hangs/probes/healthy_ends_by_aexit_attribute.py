# somebody alive ends the wait after 45 s: __aexit__ of a context manager calls self.done(), a lambda that resolves the future; 'certain' because a producer failed.
import signal
signal.alarm(900)
import asyncio
class Later:
    def __init__(self, done): self.done = done
    async def __aenter__(self): return self
    async def __aexit__(self, *exc): self.done()
async def later(done):
    async with Later(done):
        await asyncio.sleep(45)
async def produce(fut):
    raise KeyError("b")
    fut.set_result(1)
async def consume(fut):
    await fut
async def main():
    fut = asyncio.get_running_loop().create_future()
    ts = [asyncio.create_task(produce(fut), name="producer"), asyncio.create_task(later(lambda: fut.set_result(1)), name="later")]
    print("READY", flush=True)
    await asyncio.create_task(consume(fut), name="consumer")
    print("ENDED", flush=True)
asyncio.run(main())
