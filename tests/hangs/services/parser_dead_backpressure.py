"""Import pipeline: reader -> parser -> writer over bounded queues."""
import os, queue, signal, sys, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))
END = object()
threading.excepthook = lambda a: print("thread failed:", a.exc_value, file=sys.stderr)

class Stage(threading.Thread):
    def __init__(self, name, inq, outq):
        super().__init__(name=name)
        self.inq, self.outq = inq, outq
        self.pause = threading.Event()

    def handle(self, item):
        return item

    def run(self):
        for item in iter(self.inq.get, END):
            out = self.attempt(item)
            if self.outq is not None and out is not None:
                self.outq.put(out)
        if self.outq is not None:
            self.outq.put(END)

    def attempt(self, item):
        return self.handle(item)

class Parser(Stage):
    def handle(self, line):
        key, value = line.split(":")
        return key, int(value)

class Writer(Stage):
    def __init__(self, *a):
        super().__init__(*a)
        self.rows = {}
        self.daemon = True

    def handle(self, row):
        self.rows[row[0]] = row[1]

class Reader(threading.Thread):
    def __init__(self, out):
        super().__init__(name="reader")
        self.out = out

    def run(self):
        for n in range(50):
            self.out.put(f"k{n}:{n}" if n != 12 else "k12:n/a")
        self.out.put(END)

def depth_poller(queues):
    while True:
        [q.qsize() for q in queues]
        time.sleep(0.5)

def main():
    lines, rows = queue.Queue(5), queue.Queue(5)
    writer = Writer("writer", rows, None)
    threads = [Reader(lines), Parser("parser", lines, rows), writer]
    threading.Thread(target=depth_poller, args=([lines, rows],), name="depth", daemon=True).start()
    for t in threads:
        t.start()
    time.sleep(1)
    print("READY", os.getpid(), flush=True)
    for t in threads[:1]:
        t.join()
    print("DONE", len(writer.rows), flush=True)

main()
