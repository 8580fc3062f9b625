# somebody alive ends the wait after 45 s: A Python signal handler (lambda -> lambda -> method) notifies after 45 s.
import signal, threading, time
class App:
    def __init__(self):
        self._index = threading.Condition()
    @property
    def index(self):
        return self._index
    def done(self):
        with self.index:
            self.index.notify_all()
    def wait_done(self):
        time.sleep(0.2)
        with self.index:
            self.index.wait()
        print("ENDED", flush=True)
def main():
    app = App()
    t = threading.Thread(target=app.wait_done, name="waiter"); t.start()
    act = (lambda: app.done())
    signal.signal(signal.SIGALRM, lambda *_: act())
    signal.setitimer(signal.ITIMER_REAL, 45)
    print("READY", flush=True)
    t.join()
if __name__ == "__main__":
    main()
