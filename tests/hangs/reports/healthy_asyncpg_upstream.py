# healthy twin of asyncpg_upstream: the upstream server answers after 25 s
import asyncio, signal, socket, threading
import asyncpg
signal.alarm(900)
upstream = socket.create_server(("127.0.0.1", 0))           # nobody accepts

async def ask():
    reader, writer = await asyncio.open_connection(*upstream.getsockname())
    writer.write(b"verify\n")
    return await reader.readline()

async def handle(pool):
    async with pool.acquire() as conn:
        await conn.fetchval("select 1")
        await ask()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    pool = await asyncpg.create_pool(host="127.0.0.1", port=16432, user="postgres", min_size=2, max_size=2)
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.gather(*(asyncio.create_task(handle(pool), name="request-%d" % n) for n in range(4)))
    await beat

def answer():
    for n in range(4):
        upstream.accept()[0].sendall(b"ok\n")

timer = threading.Timer(25, answer); timer.daemon = True; timer.start()
asyncio.run(main())
