"""Two threads talk over a socketpair: one reads, the other computes for a while before each answer."""
import signal, socket, threading, time
signal.alarm(900)


def ask(side):
    while True:
        side.sendall(b"question\n")
        side.recv(4096)


def serve(side):
    while True:
        side.recv(4096)
        time.sleep(3)
        side.sendall(b"answer\n")


def main():
    left, right = socket.socketpair()
    asking = threading.Thread(target=ask, args=(left,), name="asking")
    serving = threading.Thread(target=serve, args=(right,), name="serving")
    asking.start()
    serving.start()
    print("READY", flush=True)
    asking.join()
    serving.join()


main()
