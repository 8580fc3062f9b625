# healthy twin of fastapi_dependency: endpoint and giving back have threads of their own
import queue, signal, time
import anyio, anyio.to_thread
signal.alarm(900)
connections = queue.Queue()
for n in range(2):
    connections.put("connection %d" % n)

def endpoint(conn):
    time.sleep(8)

async def request(threads):
    conn = await anyio.to_thread.run_sync(connections.get, limiter=threads)
    await anyio.to_thread.run_sync(endpoint, conn)
    await anyio.to_thread.run_sync(connections.put, conn)

async def heartbeat():
    while True:
        await anyio.sleep(0.1)

async def ready():
    await anyio.sleep(1)
    print("READY")

async def main():
    threads = anyio.CapacityLimiter(2)
    async with anyio.create_task_group() as group:
        group.start_soon(ready)
        group.start_soon(heartbeat, name="heartbeat")
        for n in range(6):
            group.start_soon(request, threads, name="request-%d" % n)

anyio.run(main)
