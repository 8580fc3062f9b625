# tuna #178: a viewer on http.server's one-threaded HTTPServer with keep-alive; one page holds its connection open, the next client is never accepted
import signal, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import requests
from svckit import note, ready
signal.alarm(900)


class ReportHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Viewer:
    def __init__(self):
        self.server = HTTPServer(("127.0.0.1", 0), ReportHandler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def run(self):
        self.server.serve_forever()


class Dashboard(threading.Thread):
    """Shows the report, and waits with its session open until the health probe has been through."""
    def __init__(self, url):
        super().__init__(name="dashboard", daemon=True)
        self.url, self.loaded, self.probed = url, threading.Event(), threading.Event()

    def run(self):
        with requests.Session() as session:
            session.get(self.url + "/report")
            self.loaded.set()
            self.probed.wait(20)


class Probe(threading.Thread):
    def __init__(self, dashboard):
        super().__init__(name="probe", daemon=True)
        self.dashboard = dashboard

    def run(self):
        self.dashboard.loaded.wait()
        requests.get(self.dashboard.url + "/health")
        self.dashboard.probed.set()
        note("WAIT ENDED")


viewer = Viewer()
dashboard = Dashboard(viewer.url)
dashboard.start()
Probe(dashboard).start()
ready(1.5)
viewer.run()
