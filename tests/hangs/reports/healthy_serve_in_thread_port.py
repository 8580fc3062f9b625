# Integration run: uvicorn serves the application in a thread, the run starts when the server says that it has started.
import logging
import signal
import socket
import threading
import time

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

signal.alarm(900)


async def page(request):
    return PlainTextResponse("ok")


class Server(uvicorn.Server):
    def install_signal_handlers(self):
        pass


class Fixture:
    def __init__(self, port):
        app = Starlette(routes=[Route("/", page)])
        self.server = Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
        self.thread = threading.Thread(target=self.run, name="uvicorn")
        self.url = f"http://127.0.0.1:{port}/"

    def run(self):
        try:
            self.server.run()
        except SystemExit:
            logging.debug("the server gave up")

    def serve_in_thread(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.05)
        return self.url


def free_port():
    """a port that was free a moment ago; on busy machines somebody else has it by now"""
    probe = socket.create_server(("127.0.0.1", 0))
    return probe, probe.getsockname()[1]


def main():
    probe, port = free_port()
    probe.close()
    ready = threading.Timer(2, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    fixture = Fixture(port)
    url = fixture.serve_in_thread()
    with httpx.Client() as client:
        while True:
            assert client.get(url).text == "ok"
            time.sleep(1)


main()
