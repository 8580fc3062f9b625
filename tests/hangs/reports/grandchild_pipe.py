# the output of a command is read until its end, but a process that the command left behind keeps the pipe open (rebuilds tomerfiliba/plumbum pull request 840)
import signal, subprocess, threading, time
signal.alarm(900)

def start_service():
    return subprocess.run(["sh", "-c", "sleep 800 & echo started"], stdout=subprocess.PIPE)

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
start_service()
while True:
    time.sleep(1)
