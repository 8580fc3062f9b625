# healthy: real raw put main joins
import asyncio, threading, time, queue, signal
signal.alarm(300)
import logging, logging.handlers
class Ship(logging.Handler):
    def emit(self, r): time.sleep(45)
q = queue.Queue(2); l = logging.handlers.QueueListener(q, Ship()); l.start()
def put():
    for i in range(9): q.put(logging.makeLogRecord({}))
threading.Timer(1, print, ["READY"], {"flush": True}).start()
t = threading.Thread(target=put, name="put", daemon=True); t.start()
t.join()
