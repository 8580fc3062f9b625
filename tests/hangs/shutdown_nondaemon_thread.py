"""asyncio.run() has returned; the interpreter does not end because a non-daemon thread waits for its queue."""
import asyncio, queue, signal, threading
signal.alarm(900)

spans = queue.Queue()


def export():
    while True:
        span = spans.get()  # bug: nobody puts the end marker
        if span is None:
            return


async def main():
    threading.Thread(target=export, name="exporter").start()
    stop = threading.Timer(0.5, print, ["READY"])
    stop.daemon = True
    stop.start()
    spans.put("span")
    await asyncio.sleep(0.05)


asyncio.run(main())
