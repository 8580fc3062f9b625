# a server waits in wait_closed() for a connection that its handler never closed (rebuilds python/cpython issue 104344)
import asyncio, signal
signal.alarm(900)
kept = []

async def on_client(reader, writer):
    kept.append(writer)
    hello = await reader.readline()
    writer.write(hello)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    server = await asyncio.start_server(on_client, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    await reader.readline()
    server.close()
    await server.wait_closed()
    await beat

asyncio.run(main())
