# healthy twin of sandbox_aio_wait: the child works for 30 s and writes nothing
import asyncio, signal
signal.alarm(900)

async def run_command(*command):
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    await child.wait()
    return await child.stdout.read()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    asyncio.get_running_loop().call_later(1, print, "READY")
    await asyncio.create_task(run_command("sleep", "30"), name="command")
    await beat

asyncio.run(main())
