# an application answers the startup of its lifespan with a wait, so that uvicorn never starts (rebuilds Kludex/uvicorn pull request 3069)
import asyncio, signal, threading
import uvicorn
signal.alarm(900)

class Migrations:
    def __init__(self):
        self.applied = asyncio.Event()
    async def apply(self):
        await asyncio.sleep(0.2)
        raise ConnectionError("no database")
        self.applied.set()

class App:
    def __init__(self):
        self.tasks = []
    async def startup(self):
        self.migrations = Migrations()
        self.tasks.append(asyncio.create_task(self.migrations.apply(), name="migrations"))
        self.tasks.append(asyncio.create_task(self.heartbeat(), name="heartbeat"))
        await self.migrations.applied.wait()
    async def heartbeat(self):
        while True:
            await asyncio.sleep(0.1)
    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            message = await receive()
            await self.startup()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})

ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
uvicorn.Server(uvicorn.Config(App(), host="127.0.0.1", port=0, log_level="critical", lifespan="on", loop="asyncio")).run()
