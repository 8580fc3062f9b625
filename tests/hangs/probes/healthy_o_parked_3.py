import threading, time, http.server
srv = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
threading.Thread(target=srv.serve_forever, daemon=True).start()
print("READY", flush=True)
stop = threading.Event()
def main():
    done = threading.Event()
    done.wait()
main()
