# healthy twin of grpc_unread_stream: the handler takes 25 s
import signal, threading, time
from concurrent import futures
import grpc
signal.alarm(900)

class Collector:
    def __init__(self):
        self.ready = threading.Event()
    def upload(self, requests, context):
        time.sleep(25)
        return b"%d" % sum(1 for r in requests)

def chunks():
    for n in range(5):
        yield b"chunk"

def send(channel):
    return channel.stream_unary("/files.Files/Upload", request_serializer=None, response_deserializer=None)(chunks())

collector = Collector()
server = grpc.server(futures.ThreadPoolExecutor(2, thread_name_prefix="grpc"))
handler = grpc.stream_unary_rpc_method_handler(collector.upload)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("files.Files", {"Upload": handler}),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
print(send(grpc.insecure_channel("127.0.0.1:%d" % port)))
