# a task waits for a child whose stdout is full; another task reads it after 25 s
import asyncio, os, signal, subprocess, sys, threading, time
signal.alarm(900)
BIG = [sys.executable, '-c', 'import sys; sys.stdout.write("x" * 1000000)']

async def drain(p):
    await asyncio.sleep(25)
    await p.stdout.read()
async def main():
    p = await asyncio.create_subprocess_exec(*BIG, stdout=subprocess.PIPE)
    t = asyncio.create_task(drain(p))
    asyncio.get_running_loop().call_later(1, print, "READY")
    await p.wait()
asyncio.run(main())
