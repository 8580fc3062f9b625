# main waits for an event that a Flask view sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from flask import Flask
from werkzeug.serving import make_server
app = Flask("x"); stopped = threading.Event()
@app.route("/stop")
def stop():
    stopped.set()
    return "bye"
threading.Thread(target=make_server("127.0.0.1", 0, app, threaded=True).serve_forever, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stopped.wait()
