# healthy: protocol
import asyncio, threading, time, queue, signal
signal.alarm(300)
import uvloop
async def hb():
    while True: await asyncio.sleep(0.5)
import socket, subprocess
class P(asyncio.Protocol):
    def __init__(self): self.f = asyncio.get_running_loop().create_future()
    def data_received(self, data): self.f.set_result(data)
    def connection_lost(self, e): self.f.done() or self.f.set_result(e)
async def main():
    loop = asyncio.get_running_loop(); a, b = socket.socketpair(); a.setblocking(False)
    p = subprocess.Popen(["/bin/sleep", "45"], stdout=b); b.close()
    t, proto = await loop.create_connection(P, sock=a)
    loop.call_later(1, print, "READY")
    await proto.f
uvloop.run(main())
