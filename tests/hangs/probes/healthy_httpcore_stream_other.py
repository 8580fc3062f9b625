# the only connection is streamed slowly by another task, main in 'async with pool' asks for one itself
import asyncio, signal
import httpcore, httpx
signal.alarm(900)

async def serve(reader, writer):
    while (line := await reader.readline()) not in (b"", b"\r\n"):
        pass
    await asyncio.sleep(25)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()

async def fetch(pool, url):
    async with pool.stream("GET", url) as response:
        await response.aread()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        first = asyncio.create_task(fetch(pool, url), name="first")
        await asyncio.sleep(0.1)
        await pool.request("GET", url)
        await first

asyncio.run(main())
