# setting a multiprocessing.Event waits for a process that was killed while it waited for the event (rebuilds python/cpython issue 75158)
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def camera(stop):
    stop.wait()

def shutdown(stop, processes):
    stop.set()
    for p in processes:
        p.join()

if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork")
    stop = ctx.Event()
    processes = [ctx.Process(target=camera, args=(stop,), daemon=True) for _ in range(2)]
    for p in processes: p.start()
    time.sleep(0.4)
    os.kill(processes[0].pid, signal.SIGKILL)
    processes[0].join()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    shutdown(stop, processes)
