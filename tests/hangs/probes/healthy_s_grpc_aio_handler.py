# a task waits for an event that a handler of its grpc.aio server sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import grpc
class Control:
    def __init__(self): self.stop = asyncio.Event()
    async def on_stop(self, request, context):
        self.stop.set()
        return b""
async def main():
    c = Control(); server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("C", {"Stop": grpc.unary_unary_rpc_method_handler(c.on_stop)}),))
    server.add_insecure_port("127.0.0.1:0"); await server.start()
    asyncio.get_running_loop().call_later(1, print, "READY")
    await c.stop.wait()
asyncio.run(main())
