# Home gateway: a transport thread reads packets of a network gateway; the service stops it for a reload.
import logging
import signal
import socket
import threading
import time

signal.alarm(900)


def gateway(listener):
    """the device: it speaks when it is asked to"""
    conn, _ = listener.accept()
    conn.sendall(b"\x0d\x01hello-packet")
    while command := conn.recv(64):
        conn.sendall(b"\x0d\x02" + command[:12].ljust(12))


class NetworkTransport:
    def __init__(self, address, on_packet):
        self.sock = socket.create_connection(address)
        self.on_packet = on_packet
        self.running = threading.Event()
        self.running.set()
        self.thread = threading.Thread(target=self.receive, name="rfx-receive")
        self.thread.start()

    def receive(self):
        try:
            while self.running.is_set():
                packet = self.sock.recv(14)
                if not packet:
                    break
                self.on_packet(packet)
        except OSError:
            pass

    def close(self):
        self.running.clear()
        self.sock.close()
        self.thread.join()


class Hub:
    def __init__(self, address):
        self.address = address
        self.packets = []
        self.transport = None

    def start(self):
        self.transport = NetworkTransport(self.address, self.packets.append)

    def reload(self):
        self.transport.close()
        logging.info("closed after %d packets", len(self.packets))
        self.start()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    hub = Hub(listener.getsockname())
    threading.Thread(target=gateway, args=(listener,), name="gateway", daemon=True).start()
    hub.start()
    time.sleep(0.5)
    threading.Timer(1, lambda: print("READY", flush=True)).start()
    while True:
        hub.transport.sock.sendall(b"status")
        time.sleep(2)


main()
