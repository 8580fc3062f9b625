# main waits for an event that cmd.Cmd's do_quit sets (input from a child)
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import cmd
child = subprocess.Popen(["sh", "-c", "sleep 25; echo quit"], stdout=subprocess.PIPE, text=True)
class Shell(cmd.Cmd):
    use_rawinput = False
    def __init__(self): super().__init__(stdin=child.stdout); self.quit = threading.Event()
    def do_quit(self, arg): self.quit.set(); return True
s = Shell()
threading.Thread(target=s.cmdloop, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
s.quit.wait()
