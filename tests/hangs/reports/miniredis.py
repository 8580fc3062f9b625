"""A very small Redis (RESP2), as a child process: python miniredis.py; prints its port; ends with its standard input."""
import asyncio, collections, os, subprocess, sys

DATA, LISTS, CHANNELS = {}, collections.defaultdict(asyncio.Queue), collections.defaultdict(set)


def bulk(x):
    return b"$-1\r\n" if x is None else b"$%d\r\n%s\r\n" % (len(x), x)


def array(items):
    return b"*%d\r\n" % len(items) + b"".join(i if i.startswith((b"$", b":")) else bulk(i) for i in items)


async def serve(reader, writer):
    mine = set()
    try:
        while True:
            line = await reader.readline()
            if not line:
                break
            args = []
            for _ in range(int(line[1:])):
                n = int((await reader.readline())[1:])
                args.append((await reader.readexactly(n + 2))[:-2])
            cmd, rest = args[0].upper().decode(), args[1:]
            if cmd == "SET":
                if b"NX" in [a.upper() for a in rest[2:]] and rest[0] in DATA:
                    out = bulk(None)
                else:
                    DATA[rest[0]] = rest[1]
                    out = b"+OK\r\n"
            elif cmd == "GET":
                out = bulk(DATA.get(rest[0]))
            elif cmd == "DEL":
                out = b":%d\r\n" % sum(DATA.pop(k, None) is not None for k in rest)
            elif cmd == "EXISTS":
                out = b":%d\r\n" % sum(k in DATA for k in rest)
            elif cmd in ("LPUSH", "RPUSH"):
                LISTS[rest[0]].put_nowait(rest[1])
                out = b":1\r\n"
            elif cmd in ("BLPOP", "BRPOP"):
                limit = float(rest[-1]) or None
                try:
                    out = array([rest[0], await asyncio.wait_for(LISTS[rest[0]].get(), limit)])
                except asyncio.TimeoutError:
                    out = b"*-1\r\n"
            elif cmd == "SUBSCRIBE":
                out = b""
                for c in rest:
                    CHANNELS[c].add(writer)
                    mine.add(c)
                    out += array([b"subscribe", c, b":%d\r\n" % len(mine)])
            elif cmd == "UNSUBSCRIBE":
                out = b""
                for c in rest or list(mine):
                    CHANNELS[c].discard(writer)
                    mine.discard(c)
                    out += array([b"unsubscribe", c, b":%d\r\n" % len(mine)])
            elif cmd == "PUBLISH":
                for w in CHANNELS[rest[0]]:
                    w.write(array([b"message", rest[0], rest[1]]))
                out = b":%d\r\n" % len(CHANNELS[rest[0]])
            elif cmd == "PING":
                out = b"+PONG\r\n"
            else:
                out = b"+OK\r\n"
            writer.write(out)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        for c in mine:
            CHANNELS[c].discard(writer)
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    os._exit(0)


def start():
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return child, int(child.stdout.readline())


if __name__ == "__main__":
    asyncio.run(main())
