# somebody alive ends the wait after 45 s: The `finally` of a @contextmanager that a thread is in calls done().
import signal
signal.alarm(900)
import contextlib, functools, queue, threading, time
def finish(q):
    q.get()
@contextlib.contextmanager
def scope(done):
    try:
        yield
    finally:
        done()
def later(done):
    with scope(done):
        time.sleep(45)
def put(q):
    q.put(2)
    print("ENDED", flush=True)
q = queue.Queue(1)
q.put(1)
t = threading.Thread(target=put, args=(q,), name="putter"); t.start()
threading.Thread(target=later, args=(functools.partial(finish, q),), daemon=True).start()
print("READY", flush=True)
t.join()
