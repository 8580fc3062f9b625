# mlrun #4713: get_or_create takes the cache's lock and then the object's; abort takes the object's and then the cache's
import asyncio, http.client, signal, threading, time
import uvicorn
from fastapi import FastAPI
from svckit import Heartbeat, Metrics, note
signal.alarm(900)
PORT = 17417


class CachedRun:
    def __init__(self, uid):
        self.uid, self.lock, self.state = uid, asyncio.Lock(), "running"


class RunCache:
    def __init__(self):
        self.lock, self.runs = asyncio.Lock(), {}

    async def get_or_create(self, uid):
        async with self.lock:
            run = self.runs.get(uid) or self.runs.setdefault(uid, CachedRun(uid))
            await run.lock.acquire()
            return run

    async def remove(self, uid):
        async with self.lock:
            self.runs.pop(uid, None)


class Runs:
    def __init__(self):
        self.cache = RunCache()

    async def abort(self, uid):
        run = await self.cache.get_or_create(uid)
        try:
            await asyncio.sleep(20)
            run.state = "aborted"
            self.cache.runs.pop(uid, None)
        finally:
            run.lock.release()

    async def state(self, uid):
        run = await self.cache.get_or_create(uid)
        try:
            return run.state
        finally:
            run.lock.release()


app, runs, metrics = FastAPI(), Runs(), Metrics()


@app.post("/runs/{uid}/abort")
async def abort(uid: str):
    await runs.abort(uid)
    return {"aborted": uid}


@app.get("/runs/{uid}")
async def get_run(uid: str):
    return {"state": await runs.state(uid)}


def ask(method, path, delay):
    time.sleep(delay)
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request(method, path)
    note(method, path, connection.getresponse().read())
    if method == "POST":
        note("WAIT ENDED")


def drive():
    for job in (("POST", "/runs/a1/abort", 1.5), ("GET", "/runs/a1", 1.8)):
        threading.Thread(target=ask, args=job, name="client", daemon=True).start()
    time.sleep(3.5)
    print("READY", flush=True)


Heartbeat(metrics).start()
threading.Thread(target=drive, name="driver", daemon=True).start()
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error", loop="asyncio")
