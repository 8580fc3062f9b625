"""Two threads talk over a socketpair, and each reads before it writes: neither ever speaks."""
import signal, socket, threading
signal.alarm(900)


def ask(side):
    answer = side.recv(4096)
    side.sendall(b"question\n")
    return answer


def serve(side):
    request = side.recv(4096)
    side.sendall(b"answer\n")
    return request


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
