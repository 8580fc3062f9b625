# healthy: groupby key
import asyncio, threading, time, queue, signal
signal.alarm(300)
class App: done = threading.Event()
def cb(*a, **k): App.done.set(); return "1"
import itertools
def run(f): time.sleep(45); list(itertools.groupby([1], f))
def main():
    threading.Thread(target=run, args=(cb,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    App.done.wait()
main()
