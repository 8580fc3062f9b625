# an asyncio task logs, a handler sets an asyncio event
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Seen(logging.Handler):
    def __init__(self): super().__init__(); self.seen = asyncio.Event()
    def emit(self, record): self.seen.set()
async def work():
    await asyncio.sleep(25); logging.getLogger("w").warning("x")
async def main():
    h = Seen(); logging.getLogger("w").addHandler(h)
    t = asyncio.create_task(work())
    asyncio.get_running_loop().call_later(1, print, "READY")
    await h.seen.wait()
asyncio.run(main())
