# an object's class attribute holds an object that holds the event
import threading, time
class Bus:
    def __init__(self): self.e = threading.Event()
class Base:
    bus = Bus()
class Handler(Base):
    def run(self): time.sleep(45); self.bus.e.set()
def main():
    threading.Thread(target=Handler().run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Base.bus.e.wait()
main()
