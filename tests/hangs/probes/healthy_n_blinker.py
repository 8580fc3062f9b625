# healthy: blinker
import asyncio, threading, time, queue, signal
signal.alarm(300)
class App: done = threading.Event()
def cb(*a, **k): App.done.set(); return "1"
import blinker
S = blinker.signal("x")
def run(f): S.connect(f); time.sleep(45); S.send("a")
def main():
    threading.Thread(target=run, args=(cb,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    App.done.wait()
main()
