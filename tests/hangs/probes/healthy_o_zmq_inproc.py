# healthy: zmq inproc
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# zmq: a reader thread takes replies and resolves futures
import threading
from concurrent.futures import Future

import zmq


class Rpc(threading.Thread):
    def __init__(self, context):
        super().__init__(daemon=True)
        self.socket = context.socket(zmq.PULL)
        self.socket.bind("inproc://replies")
        self.calls = {}

    def run(self):
        while True:
            key, value = self.socket.recv_multipart()
            self.calls.pop(key).set_result(value)


def server(context):
    socket = context.socket(zmq.PUSH)
    socket.connect("inproc://replies")
    time.sleep(DELAY)
    socket.send_multipart([b"1", b"pong"])


context = zmq.Context()
rpc = Rpc(context)
future = rpc.calls[b"1"] = Future()
rpc.start()
threading.Thread(target=server, args=(context,), daemon=True).start()
print("READY", flush=True)
print(future.result())
print("DONE", flush=True)
os._exit(0)
