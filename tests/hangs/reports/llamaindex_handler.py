# the thread of a chain died before on_llm_end(), and the reader of its tokens polls without end (rebuilds run-llama/llama_index pull request 17296)
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

def run_chain(handler):
    handler.on_llm_new_token("Hel")
    time.sleep(0.1)
    raise ConnectionError("the model went away")
    handler.on_llm_end()

def answer():
    handler = StreamingHandler()
    threading.Thread(target=run_chain, args=(handler,), name="chain").start()
    return "".join(handler.get_response_gen())

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
print(answer())
