# healthy: subprocess reader ids
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# replies of a child process resolve futures by id
import subprocess
import sys
import threading
from concurrent.futures import Future

CHILD = """
import sys, time
for line in sys.stdin:
    time.sleep(float(sys.argv[1]))
    print(line.strip(), "ok", flush=True)
"""


class Client:
    def __init__(self):
        command = [sys.executable, "-c", CHILD, str(DELAY)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.waiting = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            number, reply = line.split()
            self.waiting.pop(number).set_result(reply)

    def call(self, number):
        future = self.waiting[number] = Future()
        self.process.stdin.write(number + "\n")
        self.process.stdin.flush()
        return future.result()


client = Client()
print("READY", flush=True)
print(client.call("17"))
client.process.kill()
print("DONE", flush=True)
