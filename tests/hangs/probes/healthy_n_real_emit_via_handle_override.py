# healthy: real emit via handle override
import asyncio, threading, time, queue, signal
signal.alarm(300)
import logging, logging.handlers
class L(logging.handlers.QueueListener):
    def handle(self, r): time.sleep(45)
q = queue.Queue(2); l = L(q); l.start()
def put():
    for i in range(9): q.put(logging.makeLogRecord({}))
threading.Timer(1, print, ["READY"], {"flush": True}).start()
t = threading.Thread(target=put, name="put", daemon=True); t.start()
t.join()
