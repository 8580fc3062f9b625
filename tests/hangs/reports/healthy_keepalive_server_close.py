# Media server that is restarted on a configuration change; a player in the same process keeps its connection alive.
import signal
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

signal.alarm(900)


class RangeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"#" * 2000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class MediaServer(socketserver.ThreadingMixIn, HTTPServer):
    pass


class Player:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.seconds = 0

    def play(self, parts):
        for _ in range(parts):
            self.session.get(self.url).raise_for_status()
            self.seconds += 2
        self.session.close()


def start():
    server = MediaServer(("127.0.0.1", 0), RangeHandler)
    threading.Thread(target=server.serve_forever, name="media", daemon=True).start()
    return server


def restart(server):
    server.shutdown()
    server.server_close()
    return start()


def scanner():
    while True:
        time.sleep(5)


def main():
    threading.Thread(target=scanner, name="library-scan", daemon=True).start()
    ready = threading.Timer(1.5, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    server = start()
    players = []
    while True:
        player = Player(f"http://127.0.0.1:{server.server_port}/part")
        players.append(player)
        player.play(3)
        server = restart(server)
        time.sleep(2)


main()
