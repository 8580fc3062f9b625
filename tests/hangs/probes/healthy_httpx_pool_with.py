# main is in 'async with pool' and waits for two tasks: the first has the pool's only connection for 25 s, the second waits for it (httpx)
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
    return await pool.request("GET", url)

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=1), timeout=None) as pool:
        first = asyncio.create_task(fetch(pool, url), name="first")
        await asyncio.sleep(0.1)
        second = asyncio.create_task(fetch(pool, url), name="second")
        await second
        await first

asyncio.run(main())
