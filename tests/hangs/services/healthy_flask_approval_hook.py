# deployment service: a rollout stops until somebody approves it over HTTP (Flask)
import http.client, logging, os, signal, threading, time
from flask import Flask, abort
from flask.views import MethodView
from werkzeug.serving import make_server
signal.alarm(900)
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)

class Approval:
    def __init__(self):
        self.state, self.decided = "open", threading.Condition()
    def decide(self, state):
        if self.state != "open":
            return False
        with self.decided:
            self.state = state
            self.decided.notify_all()
        return True
    def await_approval(self):
        with self.decided:
            self.decided.wait()
            return self.state

class Deployment:
    steps = ("build", "canary", "approval", "rollout")
    def __init__(self, n): self.n, self.log, self.approval = n, [], Approval()
    def run(self):
        for step in self.steps:
            getattr(self, "do_" + step, lambda: time.sleep(0.05))()
            self.log.append(step)
        print("ENDED", self.log, flush=True)
    def do_approval(self):
        if self.approval.await_approval() != "approved":
            raise SystemExit

deployments = {1: Deployment(1)}
app = Flask(__name__)

class Approve(MethodView):
    def post(self, n):
        if not deployments[n].approval.decide("approved"):
            abort(409)
        return {"ok": True}

app.add_url_rule("/approve/<int:n>", view_func=Approve.as_view("approve"))
app.add_url_rule("/health", view_func=lambda: "ok", endpoint="health")

server = make_server("127.0.0.1", 0, app, threaded=True)
with open("port", "w") as f: f.write(str(server.server_port))
threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
threading.Thread(target=deployments[1].run, name="deploy-1", daemon=True).start()
time.sleep(0.6)
time.sleep(0.8)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(3)
