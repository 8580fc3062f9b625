# healthy: map attr func
import threading, time
DONE = threading.Event()
def cb(x): DONE.set()
def run(k): time.sleep(45); list(map(k, [1]))
def main():
    threading.Thread(target=run, args=(cb,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    DONE.wait()
main()
