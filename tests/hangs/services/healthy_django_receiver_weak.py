# Django signals between two apps of a shop (no web part)
import os, signal, threading, time
import django.dispatch
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
payment_done = django.dispatch.Signal()

class Fulfilment:
    def __init__(self): self.paid, self.shipped = {}, []
    def expect(self, oid):
        event = self.paid[oid] = threading.Event()
        def receiver(sender, order_id, **kw):
            if order_id == oid:
                event.set()
        payment_done.connect(receiver, weak=False)
        return event
    def fulfil(self, oid):
        event = self.expect(oid)
        event.wait()
        self.shipped.append(oid)
        print("ENDED", oid, flush=True)

class Payments(threading.Thread):
    def __init__(self, delay):
        super().__init__(name="payments", daemon=True)
        self.delay, self.done = delay, []
    def run(self):
        time.sleep(self.delay)
        self.done = payment_done.send(sender=Payments, order_id=1)
        while True:
            time.sleep(1)

f = Fulfilment()
Payments(LAG).start()
t = threading.Thread(target=f.fulfil, args=(1,), name="fulfil-1", daemon=True)
t.start()
time.sleep(1.5)
print("READY", os.getpid(), flush=True)
t.join()
