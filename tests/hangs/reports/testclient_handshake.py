# Smoke test of a notification service: a websocket client of the test suite against the application, in one process.
import signal
import threading
import time

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.testclient import TestClient

signal.alarm(900)
app = FastAPI()


class Feed:
    def __init__(self):
        self.subscribers = {}

    async def serve(self, websocket):
        await websocket.accept()
        hello = await websocket.receive_json()
        filters = await websocket.receive_json()
        self.subscribers[hello["user"]] = filters
        try:
            while True:
                await websocket.send_json({"topic": filters["topic"], "at": time.time()})
                await websocket.receive_json()
        except WebSocketDisconnect:
            self.subscribers.pop(hello["user"], None)


feed = Feed()


@app.websocket("/feed")
async def feed_endpoint(websocket: WebSocket):
    await feed.serve(websocket)


def check_feed(client):
    with client.websocket_connect("/feed") as session:
        session.send_json({"user": "smoke"})
        first = session.receive_json()
        session.send_json({"ack": first["at"]})
        return first["topic"]


def progress():
    while True:
        time.sleep(4)
        print("testing ...", flush=True)


def main():
    threading.Thread(target=progress, name="progress", daemon=True).start()
    ready = threading.Timer(1.5, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    with TestClient(app) as client:
        while True:
            check_feed(client)
            time.sleep(0.5)


main()
