"""Keeps a coroutine that nobody awaits: `changes.py`. For each line that it reads it does one thing:
`child` starts a process, `end` ends it, `fork` starts this program again, `exec` runs this program again. It ends with its input.
"""
import asyncio
import os
import subprocess
import sys

kept = []
children = []


async def forgotten():
    pass


def obey():
    line = sys.stdin.readline().strip()
    if line == "child":
        children.append(subprocess.Popen(["sleep", "600"]))
    elif line == "fork":
        children.append(subprocess.Popen([sys.executable, sys.argv[0]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))
    elif line == "end":
        children[0].kill()
        children[0].wait()
    elif line == "exec":
        os.execv(sys.executable, [sys.executable, *sys.argv, "again"])
    else:
        for child in children:
            child.kill()
        os._exit(0)


async def main():
    kept.append(forgotten())
    asyncio.get_event_loop().add_reader(sys.stdin.fileno(), obey)
    print("READY", flush=True)
    while True:
        await asyncio.sleep(0.05)


asyncio.run(main())
