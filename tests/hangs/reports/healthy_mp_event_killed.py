# healthy twin of mp_event_killed: nobody is killed, but the processes take 25 s to end
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def camera(stop):
    stop.wait()
    time.sleep(25)

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
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    shutdown(stop, processes)
