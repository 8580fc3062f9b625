# urllib3 pool of one, block=True: the response is read slowly: one thread has it for 25 s, another waits
import signal, threading, time
import http.server, urllib3
from contextlib import closing
signal.alarm(900)

class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        time.sleep(25); self.wfile.write(b"ok")
srv = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H); PORT = srv.server_port
threading.Thread(target=srv.serve_forever, daemon=True).start()

def request(x, seconds):
    with closing(x.request('GET', '/', preload_content=False)) as r:
        r.read()
        r.drain_conn()
        time.sleep(seconds)
x = urllib3.HTTPConnectionPool('127.0.0.1', PORT, maxsize=1, block=True)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
