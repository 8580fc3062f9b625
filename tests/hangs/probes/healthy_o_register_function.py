# healthy: xr1 register function
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
import xmlrpc.client
from xmlrpc.server import SimpleXMLRPCServer


class Api:
    def __init__(self):
        self.approved = threading.Event()

    def approve(self):
        self.approved.set()
        return True


def approver(port):
    proxy = xmlrpc.client.ServerProxy("http://127.0.0.1:%d" % port)
    time.sleep(DELAY)
    proxy.approve()


api = Api()
server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
server.register_function(api.approve)
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=approver, args=(server.server_address[1],), daemon=True).start()
print("READY", flush=True)
api.approved.wait()
print("DONE", flush=True)
