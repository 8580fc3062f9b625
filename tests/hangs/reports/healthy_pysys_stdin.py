# healthy twin of pysys_stdin: stdin is closed, and the child takes 25 s
import signal, subprocess, threading
signal.alarm(900)

class Process:
    def __init__(self, *args):
        self.child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    def write(self, text):
        self.child.stdin.write(text)
        self.child.stdin.flush()
    def wait(self):
        self.child.stdin.close()
        return self.child.wait()

def execute():
    p = Process("sh", "-c", "cat; sleep 25")
    p.write(b"b\na\n")
    return p.wait()

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
execute()
