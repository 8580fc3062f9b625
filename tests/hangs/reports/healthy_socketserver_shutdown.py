# healthy twin of socketserver_shutdown: another thread shuts it down, and the end takes 25 s
import http.server, os, signal, threading
signal.alarm(900)

class McpServer:
    def __init__(self):
        self.httpd = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    def serve(self):
        self.httpd.serve_forever()
        threading.Event().wait(25)
    def stop(self):
        self.httpd.shutdown()

server = McpServer()

def on_sigterm(signum, frame):
    threading.Thread(target=server.stop).start()

signal.signal(signal.SIGTERM, on_sigterm)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
server.serve()
