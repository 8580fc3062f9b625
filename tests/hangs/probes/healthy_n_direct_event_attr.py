# healthy: direct event attr
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base: pass
class Child(Base):
    def finish(self): time.sleep(45); self.ready.set()
def main():
    e = threading.Event(); Base.ready = e; threading.Thread(target=Child().finish, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
