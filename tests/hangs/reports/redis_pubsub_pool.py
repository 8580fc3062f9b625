# a subscription keeps the only connection of a blocking Redis pool, for which a command waits (rebuilds aio-libs-abandoned/aioredis-py issue 511)
import asyncio, signal
import redis.asyncio as redis
signal.alarm(900)

async def serve(reader, writer):                # enough of a Redis server
    while True:
        head = await reader.readline()
        if not head:
            break
        words = []
        for n in range(int(head[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        if words[0] == b"SUBSCRIBE":
            writer.write(b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n")
        else:
            writer.write(b"+OK\r\n")

async def listen(client):
    pubsub = client.pubsub()
    await pubsub.subscribe("news")
    async for message in pubsub.listen():
        print(message)

async def publish(client):
    await asyncio.sleep(0.3)
    await client.set("a", 1)
    while True:
        await asyncio.sleep(1)

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    pool = redis.BlockingConnectionPool(host=host, port=port, protocol=2, max_connections=1, timeout=None)
    client = redis.Redis(connection_pool=pool)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await asyncio.gather(asyncio.create_task(listen(client), name="listen"), asyncio.create_task(publish(client), name="publish"))

asyncio.run(main())
