# healthy twin of pymongo_silent: the database answers after 25 s
import signal, socket, struct, threading, time
import bson, pymongo
signal.alarm(900)

def reply(conn, request, doc):
    body = struct.pack("<iB", 0, 0) + bson.encode(doc)
    conn.sendall(struct.pack("<iiii", 16 + len(body), 1, request, 2013) + body)

def serve_one(conn):
    while True:
        head = conn.recv(16, socket.MSG_WAITALL)
        if len(head) < 16: return
        size, request, _, op = struct.unpack("<iiii", head)
        data = conn.recv(size - 16, socket.MSG_WAITALL)
        hello = b"isMaster" in data or b"ismaster" in data or b"hello" in data
        if not hello:
            time.sleep(25)
        doc = {"ok": 1, "isWritablePrimary": True, "ismaster": True, "helloOk": True, "maxWireVersion": 21, "minWireVersion": 0, "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000}
        if op == 2013: reply(conn, request, doc)
        else:
            body = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(doc)
            conn.sendall(struct.pack("<iiii", 16 + len(body), 1, request, 1) + body)

def server(s):
    while True:
        conn, _ = s.accept()
        threading.Thread(target=serve_one, args=(conn,), daemon=True).start()

def games(db):
    return db.runs.find_one({"finished": False})

if __name__ == "__main__":
    import multiprocessing
    s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
    port = s.getsockname()[1]
    p = multiprocessing.get_context("fork").Process(target=server, args=(s,), daemon=True); p.start()
    s.close()
    client = pymongo.MongoClient("mongodb://127.0.0.1:%d/?directConnection=true" % port)
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    games(client.fishtest)
