# a task waits for an event that a Tornado handler sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import tornado.web
class Stop(tornado.web.RequestHandler):
    def initialize(self, event): self.event = event
    def get(self): self.event.set()
async def main():
    event = asyncio.Event()
    tornado.web.Application([("/stop", Stop, dict(event=event))]).listen(0, "127.0.0.1")
    asyncio.get_running_loop().call_later(1, print, "READY")
    await event.wait()
asyncio.run(main())
