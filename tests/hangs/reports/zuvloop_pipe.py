# a child inherited the writing end of its own stdin, so that it never sees its end (rebuilds Kludex/zuvloop pull request 6)
import os, signal, subprocess, threading, time
signal.alarm(900)

class Child:
    def __init__(self, *command):
        self.command = command
        self.read_end, self.write_end = os.pipe()
        os.set_inheritable(self.write_end, True)
        self.process = None
    def spawn(self):
        self.process = subprocess.Popen(self.command, stdin=self.read_end, stdout=subprocess.PIPE, close_fds=False)
        os.close(self.read_end)
    def communicate(self, data):
        os.write(self.write_end, data)
        os.close(self.write_end)
        return self.process.stdout.read()

class Filter:
    def __init__(self):
        self.child = Child("cat")
    def apply(self, text):
        self.child.spawn()
        return self.child.communicate(text.encode()).decode()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
print(Filter().apply("hello"))
while True:
    time.sleep(1)
