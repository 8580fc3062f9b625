import asyncio, os, signal, subprocess, sys
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


async def tail(lines):
    while True:
        print(await lines.get())


async def main():
    loop = asyncio.get_running_loop()
    task = loop.create_task(tail(asyncio.Queue()))

    def on_usr1(victim=task):
        victim.cancel()

    loop.add_signal_handler(signal.SIGUSR1, on_usr1)
    child = subprocess.Popen([sys.executable, "-c",
                              f"import os, signal, time; p = os.getppid(); time.sleep({LAG})\n"
                              "if os.getppid() == p: os.kill(p, signal.SIGUSR1)"])
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    try:
        await task
    except asyncio.CancelledError:
        print("ENDED", flush=True)
    child.wait(10)


asyncio.run(main())
