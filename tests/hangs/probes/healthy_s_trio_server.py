# a task waits for an event that a handler of serve_tcp sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import trio
async def main():
    stop = trio.Event()
    async def handle(stream):
        async for d in stream: stop.set()
    async def ready(): await trio.sleep(1); print("READY", flush=True)
    async with trio.open_nursery() as n:
        n.start_soon(ready)
        n.start_soon(trio.serve_tcp, handle, 0)
        await stop.wait()
        n.cancel_scope.cancel()
trio.run(main)
