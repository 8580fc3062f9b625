# a caching transport keeps the responses of its inner transport without closing them (rebuilds karpetrosyan/hishel issue 82)
import http.server, signal, threading, time
import httpx
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

class CacheTransport(httpx.BaseTransport):
    def __init__(self):
        self.inner = httpx.HTTPTransport(limits=httpx.Limits(max_connections=2))
        self.cache = []
    def handle_request(self, request):
        response = self.inner.handle_request(request)
        self.cache.append(response)
        return httpx.Response(response.status_code, content=b"cached")

client = httpx.Client(transport=CacheTransport(), timeout=None)

def feed():
    while True:
        client.get(url)
        time.sleep(0.1)

for n in range(3):
    threading.Thread(target=feed, name="feed-%d" % n, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
