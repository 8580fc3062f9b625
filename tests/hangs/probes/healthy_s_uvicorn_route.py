# a task waits for an event that an endpoint sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
stop = asyncio.Event()
async def on_stop(request):
    stop.set()
    return PlainTextResponse("bye")
async def main():
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[Route("/stop", on_stop)]), port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    await stop.wait()
    server.should_exit = True
    await task
asyncio.run(main())
