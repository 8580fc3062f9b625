"""Graceful stop since 3.12: wait_closed() waits for every connection, and an idle client keeps its own open."""
import asyncio, signal, socket, threading, time
signal.alarm(900)


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
    writer.close()


def idle_client(port):
    sock = socket.create_connection(("127.0.0.1", port))
    time.sleep(900)
    sock.close()


async def stop(server):
    server.close()
    await server.wait_closed()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    threading.Thread(target=idle_client, args=(port,), daemon=True, name="client").start()
    await asyncio.sleep(0.2)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.create_task(stop(server), name="stop")


asyncio.run(main())
