# Webhook receiver on http.server, and the notifier that posts to it.
import json
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

signal.alarm(900)


class Webhook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    events = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.events.append(json.loads(body))
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class Notifier(threading.Thread):
    def __init__(self, url):
        super().__init__(name="notifier", daemon=True)
        self.url = url
        self.session = requests.Session()
        self.delivered = 0

    def deliver(self, event):
        answer = self.session.post(self.url, json=event)
        answer.raise_for_status()
        self.delivered += 1

    def run(self):
        number = 0
        while True:
            number += 1
            self.deliver({"event": "push", "number": number})
            time.sleep(2)


class Disk(threading.Thread):
    def run(self):
        while True:
            time.sleep(7)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, name="webhooks", daemon=True).start()
    Disk(name="disk-usage", daemon=True).start()
    notifier = Notifier(f"http://127.0.0.1:{server.server_port}/hook")
    notifier.start()
    time.sleep(1)
    print("READY", flush=True)
    notifier.join()


main()
