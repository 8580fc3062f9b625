"""A handler asks a server of another thread of its process over a Unix socket: that one thinks, and answers."""
import asyncio, os, signal, socket, tempfile, threading, time
signal.alarm(900)
PATH = os.path.join(tempfile.mkdtemp(), "server")


def rates(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(1000)
        time.sleep(3)
        connection.sendall(b"1.0\n")
        connection.close()


def fetch_rates():
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(PATH)
        sock.sendall(b"GET /rates\n")
        return sock.recv(65536)


async def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(PATH)
    listener.listen()
    threading.Thread(target=rates, args=(listener,), name="rates", daemon=True).start()
    print("READY", flush=True)
    loop = asyncio.get_running_loop()
    while True:
        await loop.run_in_executor(None, fetch_rates)


asyncio.run(main())
