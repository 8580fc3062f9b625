# two services over XML-RPC in one process, each with a single-threaded server
import os, signal, threading, time
from xmlrpc.client import ServerProxy
from xmlrpc.server import SimpleXMLRPCServer
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Service:
    def __init__(self, name):
        self.name, self.peers = name, {}
        self.server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
        self.server.register_instance(self)
        self.thread = threading.Thread(target=self.server.serve_forever, name=f"{name}-server", daemon=True)
    @property
    def url(self): return "http://127.0.0.1:%d" % self.server.server_address[1]
    def link(self, other): self.peers[other.name] = ServerProxy(other.url, allow_none=True)
    def start(self): self.thread.start()

class Orders(Service):
    def __init__(self):
        super().__init__("orders"); self.confirmed = []
    def place(self, sku):
        return self.peers["stock"].reserve(sku)
    def confirm(self, sku):
        self.confirmed.append(sku)
        return True

class Stock(Service):
    def __init__(self):
        super().__init__("stock"); self.picked = threading.Condition(); self.n = 0
    def _pick(self):
        with self.picked:
            self.n += 1
            self.picked.notify_all()
    def reserve(self, sku):
        return self.peers["orders"].confirm(sku)

def customer(url):
    print("ENDED", ServerProxy(url).place("pen"), flush=True)

orders, stock = Orders(), Stock()
orders.link(stock); stock.link(orders)
orders.start(); stock.start()
threading.Thread(target=customer, args=(orders.url,), name="customer", daemon=True).start()
time.sleep(1.3)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(10)
