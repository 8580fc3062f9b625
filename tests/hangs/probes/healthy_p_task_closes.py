# a task waits for a child that reads stdin; another task closes that after 25 s
import asyncio, os, signal, subprocess, threading, time
signal.alarm(900)

async def feed(p):
    await asyncio.sleep(25)
    p.stdin.close()
async def main():
    p = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    t = asyncio.create_task(feed(p))
    asyncio.get_running_loop().call_later(1, print, "READY")
    await p.wait()
asyncio.run(main())
