# Order service: an ASGI middleware logs each request's body before the application handles it; a client posts orders.
import asyncio
import logging
import signal
import socket

import httpx
import uvicorn
from fastapi import FastAPI

signal.alarm(900)
app = FastAPI()
orders = []


@app.post("/orders")
async def create_order(order: dict):
    orders.append(order)
    return {"number": len(orders)}


class AuditMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body, more, messages = b"", True, []
        while more:
            message = await receive()
            messages.append(message)
            body += message.get("body", b"")
            more = message.get("more_body", False)
        logging.info("%s %s %r", scope["method"], scope["path"], body[:100])
        replay = self.replay(messages, receive)
        await self.app(scope, receive, send)

    def replay(self, messages, receive):
        pending = list(messages)

        async def again():
            return pending.pop(0) if pending else await receive()
        return again


async def shop(url):
    async with httpx.AsyncClient(timeout=None) as client:
        while True:
            response = await client.post(f"{url}/orders", json={"item": "tea", "count": 2})
            logging.info("order %s", response.json()["number"])
            await asyncio.sleep(2)


async def heartbeat():
    while True:
        await asyncio.sleep(1)


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(AuditMiddleware(app), log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="server")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    while not server.started:
        await asyncio.sleep(0.05)
    asyncio.get_running_loop().call_later(1.5, lambda: print("READY", flush=True))
    client = asyncio.create_task(shop(f"http://127.0.0.1:{listener.getsockname()[1]}"), name="shop")
    await asyncio.wait([serving, beat, client], return_when=asyncio.FIRST_COMPLETED)


asyncio.run(main())
