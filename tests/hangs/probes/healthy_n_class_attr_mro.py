# healthy: class attr mro
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    waiters = {}
    @classmethod
    def finish(cls): time.sleep(45); cls.waiters.pop("x").set()
class Child(Base): pass
def main():
    e = threading.Event(); Base.waiters["x"] = e; threading.Thread(target=Child.finish, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
