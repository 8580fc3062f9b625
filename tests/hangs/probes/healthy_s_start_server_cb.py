# an event that the callback of asyncio.start_server sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

async def main():
    stop = asyncio.Event()
    async def handle(reader, writer):
        if await reader.readline() == b"stop\n": stop.set()
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await stop.wait()
asyncio.run(main())
