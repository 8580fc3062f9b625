# somebody alive ends the wait after 45 s: Done callback of a run_in_executor future sets the event after 45 s. (also: sem.release -> 'certain' deadlock, 01c)
import signal
signal.alarm(900)
import asyncio, time
async def main():
    ev = asyncio.Event()
    job = asyncio.get_running_loop().run_in_executor(None, time.sleep, 45)
    job.add_done_callback(lambda _: ev.set())
    print("READY", flush=True)
    await ev.wait()
    print("ENDED", flush=True)
asyncio.run(main())
