"""Healthy: a service that waits for SIGTERM; the signal handler of the loop sets the event."""
import asyncio, signal
signal.alarm(900)


async def serve(reader, writer):
    writer.write(await reader.readline())
    writer.close()


async def main():
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    loop.call_later(0.2, print, "READY")
    async with server:
        await stop.wait()


asyncio.run(main())
