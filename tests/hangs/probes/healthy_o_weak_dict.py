# healthy: weak dict
import threading, time, weakref
class Slot(threading.Event): pass
slots = weakref.WeakValueDictionary()
class Hub:
    def wait(self, key):
        slot = slots.setdefault(key, Slot())
        slot.wait()
    def done(self, key):
        slot = slots.get(key)
        if slot: slot.set()
hub = Hub()
t = threading.Thread(target=hub.wait, args=("a",)); t.start()
def later():
    time.sleep(40); hub.done("a")
threading.Thread(target=later, daemon=True).start()
print("READY", flush=True)
t.join()
