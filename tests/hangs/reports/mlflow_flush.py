# an item was put after the consumer of a queue had ended, and flush() joins the queue (rebuilds mlflow/mlflow issue 25237)
import queue, signal, threading, time
signal.alarm(900)

class AsyncTraceExportQueue:
    def __init__(self):
        self.queue = queue.Queue(1000)
        self.stop_event = threading.Event()
        self.consumer_thread = threading.Thread(target=self.consumer_loop, name="trace-export")
        self.consumer_thread.start()
    def export(self, trace):
        time.sleep(0.01)
    def consumer_loop(self):
        while not self.stop_event.is_set() or not self.queue.empty():
            try:
                trace = self.queue.get(timeout=0.1)
            except queue.Empty:
                continue
            self.export(trace)
            self.queue.task_done()
    def put(self, trace):
        self.queue.put(trace)
    def flush(self):
        self.stop_event.set()
        self.consumer_thread.join()
        time.sleep(0.3)
        self.queue.join()

class Notebook:
    def __init__(self, exporter):
        self.exporter = exporter
    def request(self):
        for n in range(8):
            self.exporter.put("span-%d" % n)
            time.sleep(0.1)

def metrics(exporter):
    while True:
        time.sleep(0.1)
        exporter.queue.qsize()

exporter = AsyncTraceExportQueue()
threading.Thread(target=metrics, args=(exporter,), name="metrics", daemon=True).start()
threading.Thread(target=Notebook(exporter).request, name="notebook").start()
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.15)
exporter.flush()
while True:
    time.sleep(1)
