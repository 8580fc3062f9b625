# healthy twin of httpcore_orphan: nothing is cancelled, and the third answer takes 25 s
import asyncio, signal
import httpcore
signal.alarm(900)
count = 0

async def serve(reader, writer):
    while (line := await reader.readline()) not in (b"", b"\r\n"):
        pass
    global count
    count += 1
    if count == 3: await asyncio.sleep(25)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()

async def fetch(pool, url):
    response = await pool.request("GET", url)
    return response.status

def cancel_when_connecting(pool, task):
    if "CONNECTING" in repr(pool.connections):
        task.cancel()
    else:
        asyncio.get_running_loop().call_soon(cancel_when_connecting, pool, task)

async def metrics():
    while True:
        await asyncio.sleep(0.1)

async def main():
    beat = asyncio.create_task(metrics(), name="metrics")
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        async with pool.stream("GET", url) as response:
            second = asyncio.create_task(fetch(pool, url), name="second")
            await asyncio.sleep(0.1)
            await response.aread()
        await asyncio.sleep(0.1)
        await asyncio.create_task(fetch(pool, url), name="third")

asyncio.run(main())
