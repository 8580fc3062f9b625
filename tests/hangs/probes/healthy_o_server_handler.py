# healthy: ge6 server handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import subprocess
import sys

from gevent.event import Event
from gevent.server import StreamServer

CLIENT = "import socket, sys, time; time.sleep(float(sys.argv[2])); socket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()"


class App:
    def __init__(self):
        self.done = Event()

    def handle(self, sock, address):
        self.done.set()


app = App()
server = StreamServer(("127.0.0.1", 0), app.handle)
server.start()
subprocess.Popen([sys.executable, "-c", CLIENT, str(server.server_port), str(DELAY)])
print("READY", flush=True)
app.done.wait()
print("DONE", flush=True)
