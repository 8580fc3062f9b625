# somebody alive ends the wait after 45 s: cat waits for its stdin (EMPTY pipe); a task closes it in 45 s. Says 'blocked in read() on fd 0, a full pipe that nobody reads' (certain).
import signal
signal.alarm(900)
import asyncio
async def convert(proc, data):
    proc.stdin.write(data)
    await proc.stdin.drain()
    return await proc.wait()
async def later(proc):
    await asyncio.sleep(45)
    proc.stdin.close()
async def main():
    pipe = asyncio.subprocess.PIPE
    proc = await asyncio.create_subprocess_exec("cat", stdin=pipe, stdout=pipe)
    t = asyncio.create_task(convert(proc, b"abc"), name="convert")
    v = asyncio.create_task(later(proc), name="later")
    print("READY", flush=True)
    await t
    print("ENDED", flush=True)
asyncio.run(main())
