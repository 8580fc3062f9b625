# healthy: subclasses
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Plugin: pass
class A(Plugin): pass
def run(): time.sleep(45); [c.e.set() for c in Plugin.__subclasses__()]
def main():
    e = threading.Event(); A.e = e; threading.Thread(target=run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
