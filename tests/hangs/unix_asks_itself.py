"""A handler asks its own server over a Unix socket, synchronously: who would accept is the loop that the call blocks."""
import asyncio, os, signal, socket, tempfile
signal.alarm(900)
PATH = os.path.join(tempfile.mkdtemp(), "server")


def fetch_rates():
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(PATH)
        sock.sendall(b"GET /rates\n")
        print("READY", flush=True)
        return sock.recv(65536)


async def serve(reader, writer):
    request = await reader.readline()
    answer = fetch_rates() if b"orders" in request else b"1.0\n"
    writer.write(answer)
    await writer.drain()
    writer.close()


async def order():
    reader, writer = await asyncio.open_unix_connection(PATH)
    writer.write(b"GET /orders\n")
    return await reader.readline()


async def main():
    server = await asyncio.start_unix_server(serve, PATH)
    await asyncio.create_task(order(), name="order")


asyncio.run(main())
