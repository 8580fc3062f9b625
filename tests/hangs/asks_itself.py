"""A handler asks its own server, synchronously: who would accept the connection is the loop that the call blocks."""
import asyncio, signal, socket
signal.alarm(900)


def fetch_rates(port):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET /rates\n")
        print("READY", flush=True)
        return sock.recv(65536)


async def serve(reader, writer):
    request = await reader.readline()
    port = writer.get_extra_info("sockname")[1]
    answer = fetch_rates(port) if b"orders" in request else b"1.0\n"
    writer.write(answer)
    await writer.drain()
    writer.close()


async def order(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /orders\n")
    return await reader.readline()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.create_task(order(port), name="order")


asyncio.run(main())
