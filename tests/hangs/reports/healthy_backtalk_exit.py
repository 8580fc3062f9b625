# healthy twin of backtalk_exit: a timer puts into the queue after 30 s
import asyncio, queue, signal, threading
signal.alarm(900)
typed = queue.Queue()

async def amain():
    reading = asyncio.get_running_loop().run_in_executor(None, typed.get)
    await asyncio.wait([reading], timeout=0.3)
    reading.cancel()

ready = threading.Timer(1.3, print, ("READY",)); ready.daemon = True; ready.start()
quit = threading.Timer(30, typed.put, ("quit",)); quit.daemon = True; quit.start()
asyncio.run(amain())
