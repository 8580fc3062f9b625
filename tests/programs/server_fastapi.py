"""FastAPI on uvicorn, under load from a process of its own.

    server_fastapi.py COUNTER asyncio|uvloop
"""

import asyncio
import http.client
import os
import signal
import socket
import sys
import threading
import time

from server_requests import LIFETIME_S, Requests

CLIENTS = 8


def die_with(parent):
    """End this process when its parent does."""
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def ask(port, number, requests):
    """Ask for ever, in turn what is answered on the loop and what is on a thread."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        number += 1
        try:
            connection.request("GET", "/{}/{}".format(("loop", "thread")[number % 2], number))
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            # It does not listen yet.
            connection.close()
            time.sleep(0.05)
            continue
        if response.status == 200:
            requests.answered()


def start_clients(port, requests):
    """Put the load on `port` from a child, which has a GIL of its own."""
    parent = os.getpid()
    if os.fork():
        return
    die_with(parent)
    # The child of a fork has no alarm.
    signal.alarm(LIFETIME_S)
    for number in range(CLIENTS):
        threading.Thread(target=ask, args=(port, number, requests), daemon=True).start()
    while True:
        signal.pause()


def application():
    """One handler on the loop, behind a dependency that few may have, and one on a thread."""
    from fastapi import Depends, FastAPI

    app = FastAPI()
    connections = asyncio.Semaphore(3)

    async def connection():
        async with connections:
            await asyncio.sleep(0.002)
            yield

    @app.get("/loop/{number}")
    async def on_the_loop(number: int, _=Depends(connection)):
        await asyncio.sleep(0.001)
        return {"number": number}

    @app.get("/thread/{number}")
    def on_a_thread(number: int):
        time.sleep(0.003)
        return {"number": number}

    return app


def main():
    requests = Requests(sys.argv[1])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Before anything is imported that starts threads.
    start_clients(listener.getsockname()[1], requests)
    import uvicorn

    config = uvicorn.Config(application(), log_level="critical", loop=sys.argv[2])
    uvicorn.Server(config).run(sockets=[listener])


main()
