# healthy twin of uvicorn_lifespan_task: the worker is told to stop after 25 s
import asyncio, contextlib, signal
import uvicorn
from starlette.applications import Starlette
signal.alarm(900)
jobs = asyncio.Queue()

async def worker():
    while True:
        job = await jobs.get()
        if job is None: return

@contextlib.asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(worker(), name="worker")
    yield
    asyncio.get_running_loop().call_later(25, jobs.put_nowait, None)
    await task

async def main():
    server = uvicorn.Server(uvicorn.Config(Starlette(lifespan=lifespan), port=0, log_level="warning"))
    asyncio.get_running_loop().call_later(0.7, setattr, server, "should_exit", True)
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    await server.serve()

asyncio.run(main())
