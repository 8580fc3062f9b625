# healthy twin of grandchild_pipe: the process that is left behind ends after 30 s
import signal, subprocess, threading, time
signal.alarm(900)

def start_service():
    return subprocess.run(["sh", "-c", "sleep 30 & echo started"], stdout=subprocess.PIPE)

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
start_service()
while True:
    time.sleep(1)
