# asyncio.run() waits at its end for a job of the default executor that is blocked in Queue.get() (rebuilds jaredrhod/backtalk issue 24)
import asyncio, queue, signal, threading
signal.alarm(900)
typed = queue.Queue()

async def amain():
    reading = asyncio.get_running_loop().run_in_executor(None, typed.get)
    await asyncio.wait([reading], timeout=0.3)
    reading.cancel()

ready = threading.Timer(1.3, print, ("READY",)); ready.daemon = True; ready.start()
asyncio.run(amain())
