"""A synchronous HTTP helper in a coroutine: recv() on a blocking socket whose peer says nothing stops the whole loop."""
import asyncio, signal, socket, threading, time
signal.alarm(900)


def silent_server(listener):
    connection, _ = listener.accept()
    connection.recv(1000)
    print("READY", flush=True)
    time.sleep(900)


def http_get(port, path):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return sock.recv(65536)


async def check_licence(port):
    await asyncio.sleep(0.05)
    return http_get(port, "/licence")


async def ticker():
    while True:
        await asyncio.sleep(0.03)


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=silent_server, args=(listener,), daemon=True, name="licence-server").start()
    tick = asyncio.create_task(ticker(), name="ticker")
    await asyncio.create_task(check_licence(listener.getsockname()[1]), name="licence")
    tick.cancel()


asyncio.run(main())
