# healthy twin of flask_self: the server has threads, and the answer takes 25 s
import signal, threading, time
import requests
from flask import Flask
from werkzeug.serving import make_server
signal.alarm(900)
app = Flask("shop")

@app.route("/price")
def price():
    time.sleep(25)
    return "42"

@app.route("/order")
def order():
    return "ordered for " + requests.get("http://127.0.0.1:%d/price" % server.server_port).text

def visit():
    requests.get("http://127.0.0.1:%d/order" % server.server_port)

server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=visit, name="visitor", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
server.serve_forever()
