# somebody alive ends the wait after 45 s: loop.call_later chain that cancels one of the two tasks of a deadlock after 45 s.
import signal
signal.alarm(900)
import asyncio
def countdown(loop, n, give_up):
    if n == 0:
        give_up()
    else:
        loop.call_later(9, countdown, loop, n - 1, give_up)
async def move(first, second):
    async with first:
        await asyncio.sleep(0.1)
        async with second:
            pass
async def main():
    a, b = asyncio.Lock(), asyncio.Lock()
    ts = [asyncio.create_task(move(a, b), name="ab"), asyncio.create_task(move(b, a), name="ba")]
    countdown(asyncio.get_running_loop(), 5, ts[0].cancel)
    print("READY", flush=True)
    await asyncio.gather(*ts, return_exceptions=True)
    print("ENDED", flush=True)
asyncio.run(main())
