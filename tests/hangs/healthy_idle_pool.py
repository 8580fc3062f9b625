"""Healthy: a server with an idle thread pool, an idle worker task and nobody connected."""
import asyncio, signal
signal.alarm(900)


async def mailer(outbox):
    while True:
        message = await outbox.get()
        await asyncio.get_running_loop().run_in_executor(None, len, message)


async def main():
    outbox = asyncio.Queue()

    async def submit(reader, writer):
        outbox.put_nowait(await reader.readline())
        writer.close()

    server = await asyncio.start_server(submit, "127.0.0.1", 0)
    worker = asyncio.create_task(mailer(outbox), name="mailer")
    outbox.put_nowait("first")
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    async with server:
        await server.serve_forever()
    worker.cancel()


asyncio.run(main())
