# FastAPI: clients wait for a job by long polling, a worker reports completion by another request
import asyncio, contextlib, http.client, os, signal, socket, threading, time
import anyio.to_thread, uvicorn
from fastapi import FastAPI, HTTPException
signal.alarm(900)

class Jobs:
    def __init__(self): self._events: dict[int, threading.Event] = {}
    def event(self, n): return self._events.setdefault(n, threading.Event())
    def complete(self, n):
        self.event(n).set()
        return {"completed": n}

jobs = Jobs()

@contextlib.asynccontextmanager
async def lifespan(app):
    anyio.to_thread.current_default_thread_limiter().total_tokens = 2
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/jobs/{n}")
def wait_for_job(n: int):
    jobs.event(n).wait()
    print("ENDED", flush=True)
    return {"job": n, "state": "done"}

@app.post("/complete/{n}")
async def complete(n: int):
    return jobs.complete(n)

@app.get("/health")
async def health(): return "ok"

class Client(threading.Thread):
    def __init__(self, port, method, path, name):
        super().__init__(name=name, daemon=True)
        self.args = port, method, path
    def run(self):
        port, method, path = self.args
        c = http.client.HTTPConnection("127.0.0.1", port)
        c.request(method, path)
        c.getresponse().read()

def drive(port):
    time.sleep(1)
    for n in range(2):
        Client(port, "GET", "/jobs/7", f"client-{n}").start()
    time.sleep(0.5)
    time.sleep(1)
    print("READY", os.getpid(), flush=True)
    while True:
        Client(port, "GET", "/health", "probe").start()
        time.sleep(3)

sock = socket.socket(); sock.bind(("127.0.0.1", 0)); port = sock.getsockname()[1]
with open("port", "w") as f: f.write(str(port))
threading.Thread(target=drive, args=(port,), name="drive", daemon=True).start()
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[sock])
