# healthy: queue shutdown
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# queue.shutdown() sends the consumers home
import queue
import threading


class Pipeline:
    def __init__(self, workers):
        self.tasks = queue.Queue()
        self.threads = []
        for number in range(workers):
            thread = threading.Thread(target=self.work, name="w%d" % number)
            self.threads.append(thread)
            thread.start()

    def work(self):
        while True:
            try:
                task = self.tasks.get()
            except queue.ShutDown:
                return
            task()

    def close(self):
        self.tasks.shutdown()


def office_hours(pipeline):
    time.sleep(DELAY)
    pipeline.close()


pipeline = Pipeline(2)
threading.Thread(target=office_hours, args=(pipeline,), daemon=True).start()
print("READY", flush=True)
for thread in pipeline.threads:
    thread.join()
print("DONE", flush=True)
