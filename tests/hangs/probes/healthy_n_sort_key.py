# healthy: sort key
import asyncio, threading, time, queue, signal
signal.alarm(300)
class App: done = threading.Event()
def key(x): App.done.set(); return x
def run(k): time.sleep(45); sorted([1], key=k)
def main():
    threading.Thread(target=run, args=(key,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    App.done.wait()
main()
