import os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Handle:
    def __init__(self, path, closed):
        self.path, self.closed = path, closed

    def __del__(self):
        self.closed.set()


def copy(path, closed):
    handle = Handle(path, closed)
    for _ in range(4):
        time.sleep(LAG / 4)
    return len(handle.path)


closed = threading.Event()
threading.Thread(target=copy, args=("/data/a", closed), name="copier").start()
ready = threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True))
ready.start()
closed.wait()
print("ENDED", flush=True)
