# a log listener ends without task_done() for its last item, so that join() of the queue never returns (rebuilds python/cpython pull request 13113)
import queue, signal, threading, time
signal.alarm(900)

class Listener:
    def __init__(self, records):
        self.records = records
        self.thread = threading.Thread(target=self.monitor, name="listener")
    def monitor(self):
        while True:
            record = self.records.get()
            if record is None:
                break
            self.records.task_done()
    def stop(self):
        self.records.put(None)
        self.thread.join()

def metrics():
    while True:
        time.sleep(0.1)

records = queue.Queue()
listener = Listener(records)
listener.thread.start()
threading.Thread(target=metrics, name="metrics", daemon=True).start()
for n in range(20):
    records.put("line %d" % n)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
listener.stop()
records.join()
while True:
    time.sleep(1)
