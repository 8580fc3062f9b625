# main waits for an event that a handler of its gRPC server sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import grpc
from concurrent import futures
class Control:
    def __init__(self): self.stop = threading.Event()
    def on_stop(self, request, context):
        self.stop.set()
        return b""
c = Control(); server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("C", {"Stop": grpc.unary_unary_rpc_method_handler(c.on_stop)}),))
server.add_insecure_port("127.0.0.1:0"); server.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
c.stop.wait()
