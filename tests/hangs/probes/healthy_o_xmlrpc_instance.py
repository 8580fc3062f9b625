# healthy: xmlrpc instance
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# an XML-RPC server dispatches by the method's name
import threading
import xmlrpc.client
from xmlrpc.server import SimpleXMLRPCServer


class Api:
    def __init__(self):
        self._approved = threading.Event()

    def slow(self, seconds):
        time.sleep(seconds)
        return True

    def approve(self):
        self._approved.set()
        return True

    def _wait(self):
        self._approved.wait()


def approver(port):
    proxy = xmlrpc.client.ServerProxy("http://127.0.0.1:%d" % port)
    proxy.slow(DELAY)
    proxy.approve()


api = Api()
server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
server.register_instance(api)
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=approver, args=(server.server_address[1],), daemon=True).start()
print("READY", flush=True)
api._wait()
print("DONE", flush=True)
