# as dy16 but the callback is a closure / bound method holding the event
import threading, time
class A:
    def __init__(self): self.e = threading.Event()
    def key(self, x): self.e.set(); return x
def run(k): time.sleep(45); sorted([1], key=k)
def main():
    a = A(); threading.Thread(target=run, args=(a.key,), daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    a.e.wait()
main()
