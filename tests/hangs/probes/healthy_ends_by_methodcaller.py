# somebody alive ends the wait after 45 s: functools.partial(operator.methodcaller("set"), ev) called by a sleeping thread / task / Timer.
import signal
signal.alarm(900)
import functools, operator, threading, time
def later(done):
    time.sleep(45)
    done()
ev = threading.Event()
t = threading.Thread(target=ev.wait, name="waiter")
def wait():
    ev.wait()
t = threading.Thread(target=wait, name="waiter"); t.start()
threading.Thread(target=later, args=(functools.partial(operator.methodcaller("set"), ev),), daemon=True).start()
print("READY", flush=True)
t.join()
