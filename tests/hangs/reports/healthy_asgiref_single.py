# healthy twin of asgiref_single: the second job goes to another executor
import asyncio, concurrent.futures, signal
signal.alarm(900)
sync_thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="sync")

def query():
    return 42

async def view():
    return await asyncio.get_running_loop().run_in_executor(None, query)

def middleware():
    return asyncio.run(view())

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def application():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.get_running_loop().run_in_executor(sync_thread, middleware)
    await beat

asyncio.run(application())
