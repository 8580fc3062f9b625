# healthy twin of llamaindex_handler: the chain answers after 25 s, and the reader sleeps between its looks
import queue, signal, threading, time
signal.alarm(900)

class StreamingHandler:
    def __init__(self):
        self._token_queue = queue.Queue()
        self._done = threading.Event()
    def on_llm_new_token(self, token):
        self._token_queue.put_nowait(token)
    def on_llm_end(self):
        self._done.set()
    def get_response_gen(self):
        while True:
            if not self._token_queue.empty():
                yield self._token_queue.get_nowait()
            elif self._done.is_set():
                break
            else:
                time.sleep(0.05)

def run_chain(handler):
    handler.on_llm_new_token("Hel")
    time.sleep(25)
    handler.on_llm_end()

def answer():
    handler = StreamingHandler()
    threading.Thread(target=run_chain, args=(handler,), name="chain").start()
    return "".join(handler.get_response_gen())

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
print(answer())
