import asyncio, functools, os, signal, weakref
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


def background(fn):
    @functools.wraps(fn)
    def start(*args, **kw):
        task = asyncio.ensure_future(fn(*args, **kw))
        start.live.add(task)
        return task
    start.live = weakref.WeakSet()
    return start


@background
async def poll(url):
    answer = asyncio.get_running_loop().create_future()
    return await answer


def stop(job):
    for t in list(job.live):
        t.cancel()


async def housekeeping():
    await asyncio.sleep(LAG)
    stop(poll)


async def main():
    keeper = asyncio.create_task(housekeeping())
    task = poll("http://example.invalid")
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    done, _ = await asyncio.wait({task})
    assert task.cancelled()
    print("ENDED", flush=True)
    await keeper


asyncio.run(main())
