# healthy twin of notify_early: the thread metrics notifies every 20 s
import signal, threading, time
signal.alarm(900)
arrived = threading.Condition()
jobs = []

def worker():
    time.sleep(0.3)                             # loads its model
    with arrived:
        arrived.wait()
    jobs.pop()

def metrics():
    while True:
        time.sleep(20)
        with arrived:
            arrived.notify_all()

t = threading.Thread(target=worker, name="worker")
t.start()
threading.Thread(target=metrics, name="metrics", daemon=True).start()
with arrived:
    jobs.append("job")
    arrived.notify()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
t.join()
while True:
    time.sleep(1)
