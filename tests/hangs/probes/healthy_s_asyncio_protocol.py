# a future that connection_lost of a protocol sets; the peer is a child
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

class P(asyncio.Protocol):
    def __init__(self, fut): self.fut = fut
    def data_received(self, data): pass
    def connection_lost(self, exc): self.fut.set_result(None)
CHILD = "import socket,time,signal; signal.alarm(900); s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); print(s.getsockname()[1],flush=True); c,_=s.accept(); time.sleep(25)"
async def main():
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    port = int(child.stdout.readline())
    fut = asyncio.get_running_loop().create_future()
    await asyncio.get_running_loop().create_connection(lambda: P(fut), "127.0.0.1", port)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await fut
asyncio.run(main())
