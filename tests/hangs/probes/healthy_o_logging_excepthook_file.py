# healthy: logging excepthook file
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# output goes to a file-like object given to print
import io
import threading


class Collector(io.TextIOBase):
    def __init__(self):
        self.lines = []
        self.got_line = threading.Condition()

    def write(self, text):
        with self.got_line:
            self.lines.append(text)
            self.got_line.notify_all()
        return len(text)

    def wait_for(self, text):
        with self.got_line:
            while text not in "".join(self.lines):
                self.got_line.wait()


def build(out):
    print("compiling", file=out)
    time.sleep(DELAY)
    print("linked", file=out)


out = Collector()
threading.Thread(target=build, args=(out,), daemon=True).start()
print("READY", flush=True)
out.wait_for("linked")
print("DONE", flush=True)
