# a task waits for a future that the reader of a pubsub sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import redis.asyncio
class Bus:
    def __init__(self): self.waiting = {}
    async def read(self, ps):
        async for m in ps.listen():
            fut = self.waiting.pop(m["channel"], None)
            if fut: fut.set_result(m)
    async def wait(self, channel):
        self.waiting[channel] = asyncio.get_running_loop().create_future()
        return await self.waiting[channel]
async def main():
    ps = redis.asyncio.Redis(port=16399).pubsub(); await ps.subscribe("fresh2-a")
    bus = Bus(); task = asyncio.create_task(bus.read(ps))
    asyncio.get_running_loop().call_later(1, print, "READY")
    await bus.wait(b"fresh2-b")
asyncio.run(main())
