# with self: base class has __exit__, which uses a class attribute
import threading, time
class Base:
    gate = threading.Event()
    def __enter__(self): return self
    def __exit__(self, *a): self.gate.set()
class Job(Base): pass
def run(j):
    with j: time.sleep(45)
def main():
    threading.Thread(target=run, args=(Job(),), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Base.gate.wait()
main()
