# an event that a callback of add_reader sets; a child writes
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

async def main():
    child = subprocess.Popen(["sh", "-c", "sleep 25; echo x"], stdout=subprocess.PIPE)
    ready = asyncio.Event()
    asyncio.get_running_loop().add_reader(child.stdout, ready.set)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await ready.wait()
asyncio.run(main())
