"""Healthy: an echo server; its clients keep their connections open and say something now and then."""
import asyncio, signal, socket, threading, time
signal.alarm(900)


async def echo(reader, writer):
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line)
        await writer.drain()
    writer.close()


def client(port):
    sock = socket.create_connection(("127.0.0.1", port))
    while True:
        sock.sendall(b"ping\n")
        sock.recv(100)
        time.sleep(30)


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for n in range(3):
        threading.Thread(target=client, args=(port,), daemon=True, name=f"client-{n}").start()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    async with server:
        await server.serve_forever()


asyncio.run(main())
