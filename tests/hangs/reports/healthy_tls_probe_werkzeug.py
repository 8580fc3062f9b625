# HTTPS dashboard with Werkzeug's threaded server; a load balancer probes the port, a browser polls the page.
import ssl
import signal
import socket
import tempfile
import threading
import time

import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

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


@Request.application
def dashboard(request):
    return Response("jobs: 12\n")


class Balancer:
    """checks the backend's port the way the appliance does"""
    def __init__(self, port):
        self.port = port
        self.up = False

    def probe(self):
        with socket.create_connection(("127.0.0.1", self.port)) as check:
            self.up = True

    def run(self):
        while True:
            self.probe()
            time.sleep(2)


def browser(port):
    session = requests.Session()
    time.sleep(0.5)
    while True:
        page = session.get(f"https://127.0.0.1:{port}/", verify=pem.name)
        assert page.ok
        time.sleep(3)


def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem.name)
    server = make_server("127.0.0.1", 0, dashboard, threaded=True, ssl_context=context)
    server.log = lambda *_: None
    threading.Thread(target=server.serve_forever, name="https", daemon=True).start()
    threading.Thread(target=Balancer(server.port).run, name="balancer", daemon=True).start()
    threading.Thread(target=browser, args=(server.port,), name="browser", daemon=True).start()
    time.sleep(1.5)
    print("READY", flush=True)
    while True:
        time.sleep(60)


main()
