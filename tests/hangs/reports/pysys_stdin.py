# a child reads its stdin to the end, and its parent waits for it without closing its end (rebuilds pysys-test/pysys-test issue 53)
import signal, subprocess, threading
signal.alarm(900)

class Process:
    def __init__(self, *args):
        self.child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    def write(self, text):
        self.child.stdin.write(text)
        self.child.stdin.flush()
    def wait(self):
        return self.child.wait()

def execute():
    p = Process("sort")
    p.write(b"b\na\n")
    return p.wait()

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
execute()
