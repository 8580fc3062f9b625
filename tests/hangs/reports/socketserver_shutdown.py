# a signal handler shuts a server down on the thread that serves (rebuilds mrexodia/ida-pro-mcp pull request 488)
import http.server, os, signal, threading
signal.alarm(900)

class McpServer:
    def __init__(self):
        self.httpd = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    def serve(self):
        self.httpd.serve_forever()
    def stop(self):
        self.httpd.shutdown()

server = McpServer()

def on_sigterm(signum, frame):
    server.stop()

signal.signal(signal.SIGTERM, on_sigterm)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
server.serve()
