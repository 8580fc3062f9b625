# Two gRPC services in one process, accounts and orders, that ask each other; each has a pool of two threads.
import signal
import threading
import time
from concurrent import futures

import grpc

signal.alarm(900)
POOL = 8


class Service:
    def __init__(self, name, methods):
        self.name = name
        self.methods = methods
        self.pool = futures.ThreadPoolExecutor(POOL, thread_name_prefix=name)
        self.server = grpc.server(self.pool)
        handlers = {method: grpc.unary_unary_rpc_method_handler(function) for method, function in methods.items()}
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def call(self, method, payload):
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            return channel.unary_unary(f"/{self.name}/{method}")(payload)


SERVICES = {}


def place_order(request, context):
    time.sleep(0.2)
    credit = SERVICES["accounts"].call("Credit", request)
    return b"order for " + credit


def credit(request, context):
    open_orders = SERVICES["orders"].call("OpenOrders", request)
    return b"credit minus " + open_orders


def open_orders(request, context):
    return b"3"


def shop(number):
    while True:
        SERVICES["orders"].call("PlaceOrder", b"tea %d" % number)
        time.sleep(1)


def main():
    SERVICES["orders"] = Service("orders", {"PlaceOrder": place_order, "OpenOrders": open_orders})
    SERVICES["accounts"] = Service("accounts", {"Credit": credit})
    for number in range(2):
        threading.Thread(target=shop, args=(number,), name=f"shop-{number}", daemon=True).start()
    time.sleep(2)
    print("READY", flush=True)
    SERVICES["orders"].server.wait_for_termination()


main()
