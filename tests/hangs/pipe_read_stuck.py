"""Reading a pipe to its end, which never comes: our own copy of the write end is still open."""
import asyncio, os, signal
signal.alarm(900)


async def collect(read_end):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    with os.fdopen(read_end, "rb") as pipe:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        return await reader.read()


async def main():
    read_end, write_end = os.pipe()
    os.write(write_end, b"partial output")  # bug: write_end is never closed
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.create_task(collect(read_end), name="collect")


asyncio.run(main())
