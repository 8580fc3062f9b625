"""A report is written into a socketpair that the same thread reads afterwards: the buffer is full, and who would empty it writes."""
import signal, socket, threading
signal.alarm(900)


def render(rows):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for row in rows:
            ours.sendall(row)
        ours.shutdown(socket.SHUT_WR)
        return theirs.makefile("rb").read()


assert threading.active_count() == 1
print("READY", flush=True)
render(b"x" * 4096 for _ in range(4096))
