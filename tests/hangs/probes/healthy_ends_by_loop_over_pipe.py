# somebody alive ends the wait after 45 s: A thread in `for line in p.stdout: done()`; the child prints after 45 s.
import signal
signal.alarm(900)
import subprocess, threading
def make_app():
    stock = threading.Event()
    def get(name):
        return {"stock": stock}[name]
    return get
def later(done):
    p = subprocess.Popen(["sh", "-c", "sleep 45; echo ok"], stdout=subprocess.PIPE)
    for line in p.stdout:
        done()
def consume(app):
    app("stock").wait()
    print("ENDED", flush=True)
def main():
    app = make_app()
    t = threading.Thread(target=consume, args=(app,), name="consumer"); t.start()
    threading.Thread(target=later, args=(app("stock").set,), daemon=True).start()
    print("READY", flush=True)
    t.join()
if __name__ == "__main__":
    main()
