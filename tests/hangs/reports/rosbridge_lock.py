# a thread has a write lock and waits for the loop, where a callback waits for this lock (rebuilds RobotWebTools/rosbridge_suite issue 403)
import asyncio, concurrent.futures, signal, threading, time
from tornado.ioloop import IOLoop
signal.alarm(900)

class RosbridgeWebSocket:
    def __init__(self, loop):
        self._write_lock = threading.RLock()
        self.loop = loop
    def send_message(self, message):
        with self._write_lock:
            future = concurrent.futures.Future()
            self.loop.add_callback(self.prewrite_message, message, future)
            future.result()
    def prewrite_message(self, message, future):
        with self._write_lock:
            future.set_result(len(message))

def publisher(ws):
    time.sleep(0.3)
    ws.send_message(b"pose")

async def main():
    ws = RosbridgeWebSocket(IOLoop.current())
    threading.Thread(target=publisher, args=(ws,), name="publisher", daemon=True).start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    await asyncio.Event().wait()

asyncio.run(main())
