# healthy: reader
import asyncio, threading, time, queue, signal
signal.alarm(300)
import uvloop
async def hb():
    while True: await asyncio.sleep(0.5)
import socket, subprocess, sys
async def main():
    loop = asyncio.get_running_loop(); f = loop.create_future(); a, b = socket.socketpair()
    p = subprocess.Popen(["/bin/sleep", "45"], stdout=b); b.close()
    loop.add_reader(a, lambda: f.done() or f.set_result(1))
    loop.call_later(1, print, "READY")
    await f
uvloop.run(main())
