# healthy twin of turbinia_wait: the child works for 30 s and writes nothing
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

threading.Thread(target=execute, args=(["sleep", "30"],), name="task-1").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
