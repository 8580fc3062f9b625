"""A job in a process pool waits for ever inside the child; the parent's loop is fine and waits for the result."""
import asyncio, concurrent.futures, multiprocessing, signal, threading
signal.alarm(900)


def train(epochs):
    signal.alarm(900)
    threading.Event().wait()  # what it waits for is in no process
    return epochs


async def experiment(pool):
    return await asyncio.get_running_loop().run_in_executor(pool, train, 10)


async def main():
    pool = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    asyncio.get_running_loop().call_later(0.6, print, "READY")
    await asyncio.create_task(experiment(pool), name="experiment")


asyncio.run(main())
