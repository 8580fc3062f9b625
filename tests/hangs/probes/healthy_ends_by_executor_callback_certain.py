# somebody alive ends the wait after 45 s: As 01 with a semaphore: 'deadlock: main -> second -> sem -> main (certain)', though nobody holds sem and a job gives it.
import signal
signal.alarm(900)
import asyncio, time
async def fetch(sem):
    await sem.acquire()
    return 1
async def main():
    sem = asyncio.Semaphore(0)
    job = asyncio.get_running_loop().run_in_executor(None, time.sleep, 45)
    job.add_done_callback(lambda _: sem.release())
    t = asyncio.create_task(fetch(sem), name="second")
    print("READY", flush=True)
    await t
    print("ENDED", flush=True)
asyncio.run(main())
