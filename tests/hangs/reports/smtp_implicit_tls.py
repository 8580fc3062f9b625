# Alert mailer: the configuration says port 465's server, the code speaks plain SMTP with STARTTLS.
import queue
import signal
import smtplib
import socket
import ssl
import tempfile
import threading
import time

signal.alarm(900)
PEM = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguDOjnNyOocyKvqCv
Wy8UTczJsdiSWIMLIqFJN/bMxoehRANCAARav9amSwwV9acbLzvDtmDtN+Ou26Xh
vCweG62SeAGWJ49xYm7teW+O9UoNtlTqet94J9PPWMt8uzUHLSXsxvSL
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmjCCAT+gAwIBAgIUAukVBENnJDWt4094+C1USYWO79QwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEzMDEyNTM0MVoXDTQ2MTEyNTEy
NTM0MVowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEWr/WpksMFfWnGy87w7Zg7Tfjrtul4bwsHhutkngBliePcWJu7XlvjvVK
DbZU6nrfeCfTz1jLfLs1By0l7Mb0i6NvMG0wHQYDVR0OBBYEFANSV/7MqoRyjdVE
2fJ93LWLpuRWMB8GA1UdIwQYMBaAFANSV/7MqoRyjdVE2fJ93LWLpuRWMA8GA1Ud
EwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49
BAMCA0kAMEYCIQDUT5aPg2MXZO5IN1YzTCcj9z2yGBVBwOrKqXg8Q/yImQIhAJ6j
jyBln9qgKbvB0AWBmgrs++cA1NMSXRYV6zkd68lx
-----END CERTIFICATE-----
"""
pem = tempfile.NamedTemporaryFile("w", suffix=".pem")
pem.write(PEM)
pem.flush()


def smtps_session(raw, context):
    with context.wrap_socket(raw, server_side=True) as tls:
        tls.sendall(b"220 mail ready\r\n")
        while line := tls.recv(1000):
            tls.sendall(b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 ok\r\n")


def smtps_server(listener, context):
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=smtps_session, args=(raw, context), name="smtps", daemon=True).start()


class Mailer:
    def __init__(self, port):
        self.port = port
        self.alerts = queue.Queue()
        self.sent = 0

    def connect(self):
        return smtplib.SMTP("127.0.0.1", self.port)

    def run(self):
        while True:
            self.alerts.get()
            with self.connect() as smtp:
                smtp.noop()
            self.sent += 1


def main():
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(pem.name)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=smtps_server, args=(listener, server_context), name="mail-accept", daemon=True).start()
    mailer = Mailer(listener.getsockname()[1])
    threading.Thread(target=mailer.run, name="mailer", daemon=True).start()
    mailer.alerts.put("disk full")
    time.sleep(1)
    print("READY", flush=True)
    number = 0
    while True:
        number += 1
        mailer.alerts.put(f"alert {number}")
        time.sleep(5)


main()
