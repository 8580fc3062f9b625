# responses of a blocking urllib3 pool are neither read nor released, and the next requests wait for a connection (rebuilds urllib3/urllib3 pull request 2557)
import http.server, signal, threading, time
import urllib3
signal.alarm(900)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
url = "http://127.0.0.1:%d/" % server.server_port

http_pool = urllib3.PoolManager(block=True, maxsize=2)
kept = []

def crawl():
    while True:
        response = http_pool.request("GET", url, preload_content=False)
        kept.append(response)
        time.sleep(0.1)

for n in range(3):
    threading.Thread(target=crawl, name="crawl-%d" % n, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
