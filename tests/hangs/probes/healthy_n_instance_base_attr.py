# healthy: instance base attr
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    waiters = {}
class Child(Base):
    def finish(self): time.sleep(45); self.waiters.pop("x").set()
def main():
    e = threading.Event(); Base.waiters["x"] = e; threading.Thread(target=Child().finish, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
