# flush() of a producer waits for a broker that is not there, until the messages time out after 20 minutes (rebuilds confluentinc/confluent-kafka-python issue 188)
import signal, socket, threading
from confluent_kafka import Producer
signal.alarm(900)

def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

def copy(producer):
    for n in range(3):
        producer.produce("orders", b"%d" % n)
    producer.flush()

producer = Producer({"bootstrap.servers": "127.0.0.1:%d" % closed_port(), "message.timeout.ms": 1200000, "log_level": 0})
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
copy(producer)
