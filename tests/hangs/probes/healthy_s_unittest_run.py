# main waits for an event that unittest's setUp in another thread sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import unittest
ev = threading.Event()
class T(unittest.TestCase):
    def setUp(self): time.sleep(25)
    def test_x(self): ev.set()
threading.Thread(target=lambda: unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
ev.wait()
