# an event that a task sets after a child has ended
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

class Job:
    def __init__(self): self.ended = asyncio.Event()
    async def run(self):
        p = await asyncio.create_subprocess_exec("sleep", "25")
        await p.wait()
        self.ended.set()
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    j = Job(); t = asyncio.create_task(j.run())
    await j.ended.wait()
asyncio.run(main())
