# the end of a lifespan awaits a background task that nobody cancels (rebuilds Git-on-my-level/codex-autorunner issue 110)
import asyncio, contextlib, signal
import uvicorn
from starlette.applications import Starlette
signal.alarm(900)
jobs = asyncio.Queue()

async def worker():
    while True:
        job = await jobs.get()
        print(job)

@contextlib.asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(worker(), name="worker")
    yield
    await task

async def main():
    server = uvicorn.Server(uvicorn.Config(Starlette(lifespan=lifespan), port=0, log_level="warning"))
    asyncio.get_running_loop().call_later(0.7, setattr, server, "should_exit", True)
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    await server.serve()

asyncio.run(main())
