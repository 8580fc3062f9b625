# request futures by id in a WeakValueDictionary; a reader thread sets them
import json, logging, socket, threading, time, weakref
from concurrent.futures import Future
from svc_noise import SLOW, ready, heartbeat, poller

class Server(threading.Thread):
    def __init__(self):
        super().__init__(name="server", daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
    def run(self):
        conn, _ = self.listener.accept()
        with conn, conn.makefile("rw") as f:
            for line in f:
                request = json.loads(line)
                if request["method"] != "ping":
                    time.sleep(SLOW)
                f.write(json.dumps({"id": request["id"], "result": "ok"}) + "\n")
                f.flush()

class Client:
    def __init__(self, address):
        self.file = socket.create_connection(address).makefile("rw")
        self.pending = weakref.WeakValueDictionary()
        self.last = 0
        threading.Thread(target=self._read, name="rpc-reader", daemon=True).start()
    def _read(self):
        try:
            for line in self.file:
                reply = json.loads(line)
                future = self.pending.get(reply["id"])
                if future is not None:
                    future.set_result(reply["result"])
        except ValueError:
            logging.getLogger("rpc").debug("bad line", exc_info=True)
    def call(self, method):
        future = Future()
        self.last += 1
        self.pending[self.last] = future
        self.file.write(json.dumps({"id": self.last, "method": method}) + "\n")
        self.file.flush()
        return future.result()

def rpc_main():
    server = Server()
    server.start()
    client = Client(server.address)
    poller(lambda: len(client.pending))
    client.call("ping")
    ready()
    print(client.call("report"))
    print("DONE", flush=True)
heartbeat()
rpc_main()
