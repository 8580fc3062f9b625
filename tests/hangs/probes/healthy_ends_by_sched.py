# somebody alive ends the wait after 45 s: sched.scheduler in a thread will put into the queue after 45 s.
import signal
signal.alarm(900)
import queue, sched, threading, time
def later(done):
    plan = sched.scheduler(time.monotonic, time.sleep)
    plan.enter(45, 1, done)
    plan.run()
q = queue.Queue()
t = threading.Thread(target=q.get, name="getter")
def work():
    item = q.get()
    print("ENDED", flush=True)
t = threading.Thread(target=work, name="worker"); t.start()
threading.Thread(target=later, args=(lambda: q.put(None),), daemon=True).start()
print("READY", flush=True)
t.join()
