# healthy: handlers globals
import asyncio, threading, time, queue, signal
signal.alarm(300)
# commands dispatched with globals()["cmd_" + name]
class App: done = threading.Event()
def cmd_finish(): App.done.set()
def run(name): time.sleep(45); globals()["cmd_" + name]()
def main():
    threading.Thread(target=run, args=("finish",), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    App.done.wait()
main()
