"""Healthy: a trio server with one client that says nothing, and a task that waits for a signal."""
import signal
import trio
signal.alarm(900)


async def handle(stream):
    while await stream.receive_some(100):
        await stream.send_all(b"ok")


async def stop_on_signal(scope):
    with trio.open_signal_receiver(signal.SIGUSR1) as signals:
        async for _ in signals:
            scope.cancel()


async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_on_signal, nursery.cancel_scope)
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        port = listeners[0].socket.getsockname()[1]
        client = await trio.open_tcp_stream("127.0.0.1", port)
        await client.send_all(b"hello")
        await client.receive_some(100)
        print("READY", flush=True)


trio.run(main)
