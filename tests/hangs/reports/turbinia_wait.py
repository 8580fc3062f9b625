# a thread waits for the end of a child that is blocked on its full stdout (rebuilds google/turbinia issue 945)
import signal, subprocess, threading, time
signal.alarm(900)

def execute(command):
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    child.wait()
    return child.stdout.read()


def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

threading.Thread(target=execute, args=(["head", "-c", "300000", "/dev/zero"],), name="task-1").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
