# healthy: xr8 http server slow first
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import http.client
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(DELAY)
        self.reply()

    def do_POST(self):
        self.server.approved.set()
        self.reply()

    def reply(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


def approver(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.request("POST", "/")


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
server.approved = threading.Event()
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=approver, args=(server.server_port,), daemon=True).start()
print("READY", flush=True)
server.approved.wait()
print("DONE", flush=True)
