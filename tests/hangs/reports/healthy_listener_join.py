# healthy twin of listener_join: the listener counts its last item, too, and is slow
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
                self.records.task_done()
                break
            time.sleep(2)
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
