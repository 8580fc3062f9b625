import os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Spool:
    def __init__(self):
        self.q = queue.Queue()
        self.printer = threading.Thread(target=self.work)
        self.printer.start()

    def work(self):
        page = self.q.get()
        print("jam on", page)

    def flush(self):
        self.q.join()
        print("ENDED", flush=True)


def power_off(*spools):
    time.sleep(LAG)
    for s in spools:
        s.q.shutdown(immediate=True)
        s.q.task_done()


spool = Spool()
for p in range(3):
    spool.q.put(p)
t = threading.Thread(target=spool.flush)
t.start()
threading.Thread(target=power_off, args=(spool,)).start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
t.join()
