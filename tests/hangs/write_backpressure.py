"""drain() waits for a peer that accepted the connection and never reads."""
import asyncio, signal, socket, threading, time
signal.alarm(900)


def deaf_server(listener):
    connection, _ = listener.accept()
    time.sleep(900)
    connection.close()


async def upload(port):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(1000):
        writer.write(b"x" * 1_000_000)
        await writer.drain()


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    threading.Thread(target=deaf_server, args=(listener,), daemon=True, name="deaf-server").start()
    asyncio.get_running_loop().call_later(0.5, print, "READY")
    await asyncio.ensure_future(upload(listener.getsockname()[1]))


asyncio.run(main())
