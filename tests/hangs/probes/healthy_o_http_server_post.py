# healthy: http server post
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# an admin server: POST /shutdown ends the program
import http.server
import subprocess
import sys
import threading


class Admin(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path == "/shutdown":
            shutdown.set()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


shutdown = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Admin)
threading.Thread(target=server.serve_forever, daemon=True).start()
CLIENT = """
import sys, time, http.client
time.sleep(float(sys.argv[2]))
http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])).request("POST", "/shutdown")
"""
subprocess.Popen([sys.executable, "-c", CLIENT, str(server.server_port), str(DELAY)])
print("READY", flush=True)
shutdown.wait()
print("DONE", flush=True)
