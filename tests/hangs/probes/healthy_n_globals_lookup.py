# healthy: globals lookup
import asyncio, threading, time, queue, signal
signal.alarm(300)
DONE = threading.Event()
def run(name): time.sleep(45); globals()[name].set()
def main():
    e = DONE; threading.Thread(target=run, args=("DONE",), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
