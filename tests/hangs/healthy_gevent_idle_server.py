"""gevent: a server waits for clients; one is connected and silent."""
import signal
import gevent
from gevent import socket
from gevent.server import StreamServer
signal.alarm(900)


def handle(connection, address):
    while data := connection.recv(100):
        connection.sendall(data)


def client(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"hello")
    connection.recv(100)
    print("READY", flush=True)
    connection.recv(100)


server = StreamServer(("127.0.0.1", 0), handle)
server.start()
quiet = gevent.spawn(client, server.server_port)
quiet.name = "quiet"
server.serve_forever()
