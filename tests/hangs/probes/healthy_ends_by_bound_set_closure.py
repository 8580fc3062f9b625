# somebody alive ends the wait after 45 s: A thread sleeps 45 s and calls done() == event.set; the event is reached by the waiter through a closure.
import signal
signal.alarm(900)
import threading, time
def make_app():
    stock = threading.Event()
    def get():
        return stock
    return get
def later(done):
    time.sleep(45)
    done()
def consume(app):
    app().wait()
    print("ENDED", flush=True)
app = make_app()
t = threading.Thread(target=consume, args=(app,), name="consumer"); t.start()
threading.Thread(target=later, args=(app().set,), daemon=True).start()
print("READY", flush=True)
t.join()
