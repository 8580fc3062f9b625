# healthy twin of mp_exit_unread: a thread takes one batch every 3 s
import multiprocessing, signal, threading, time
signal.alarm(900)

def reader(batches):
    while True:
        batches.get()
        time.sleep(3)

batches = multiprocessing.Queue()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=reader, args=(batches,), name="reader", daemon=True).start()
for n in range(30):
    batches.put("x" * 10**6)
