# libzmq #215, #1227: a request whose handler failed: the server thread goes on to recv() without a reply, gets EFSM and dies; the client waits for ever
import signal, threading, time
import zmq
from svckit import Heartbeat, Metrics, admin_port, note, ready
signal.alarm(900)


class Server(threading.Thread):
    def __init__(self, context):
        super().__init__(name="zmq-server", daemon=True)
        self.socket = context.socket(zmq.REP)
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")

    def handle(self, job):
        if job == "lost":
            time.sleep(20)
        return job.upper()

    def run(self):
        while True:
            job = self.socket.recv_string()
            try:
                self.socket.send_string(self.handle(job))
            except KeyError as e:
                note("no such job:", e)


class Client:
    def __init__(self, context, port):
        self.socket = context.socket(zmq.REQ)
        self.socket.connect(f"tcp://127.0.0.1:{port}")

    def ask(self, job):
        self.socket.send_string(job)
        return self.socket.recv_string()


context = zmq.Context()
server = Server(context)
server.start()
Heartbeat(Metrics()).start()
admin = admin_port()
client = Client(context, server.port)
ready(1.5)
for job in ("one", "lost", "two"):
    note(client.ask(job))
note("WAIT ENDED")
