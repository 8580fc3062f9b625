// A program in a terminal of its own (tmux), and what a user sees and types there.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { adopt, end, entering, library, settings, sleep, start, until, write } from "./harness.mjs";

const COLUMNS = 150;
const ROWS = 54;

export class Terminal {
  /** Starts a command where the terminal editors are installed. */
  static async open(name, command, { home, project }) {
    const socket = join(settings.work, `${name}.tmux`);
    const terminal = new Terminal(socket, project);
    const words = ["env", "-C", project, `HOME=${home}`, "TERM=tmux-256color", "LANG=C.UTF-8", ...command];
    terminal.server = start("tmux", ["-S", socket, "-f", "/dev/null", "-D"], {
      env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8" },
    });
    await until("tmux is there", () => terminal.tmux("start-server").status === 0);
    terminal.tmux("new-session", "-d", "-x", String(COLUMNS), "-y", String(ROWS), ...entering(words));
    // An editor outlives its terminal.
    terminal.editor = adopt(Number(terminal.tmux("display-message", "-p", "#{pane_pid}").stdout));
    return terminal;
  }

  constructor(socket, project) {
    this.socket = socket;
    this.project = project;
  }

  tmux(...args) {
    return spawnSync("tmux", ["-S", this.socket, ...args], { encoding: "utf8" });
  }

  /** What is on the screen. */
  text() {
    return this.tmux("capture-pane", "-p").stdout ?? "";
  }

  /** Presses keys by tmux's names, one after the other. */
  async press(...keys) {
    for (const key of keys) {
      this.tmux("send-keys", key);
      await sleep(250);
    }
  }

  async type(text) {
    this.tmux("send-keys", "-l", text);
    await sleep(250);
  }

  /** Keeps the screen as text, without the folders of this machine and empty lines at its end. */
  picture(name) {
    const lines = this.text().split("\n").map((line) => this.neutral(line.trimEnd()));
    while (lines.length && /^~?$/.test(lines.at(-1))) lines.pop();
    write(join(settings.images, `${name}.txt`), `${lines.join("\n")}\n`);
  }

  /** A line with other names for folders, and its right border where it was. */
  neutral(line) {
    const named = line.replaceAll(this.project, "/srv/app").replaceAll(library(), "/usr");
    const [, text, border] = /^(.*?)([│|]?)$/.exec(named);
    return `${text}${border && " ".repeat(line.length - named.length)}${border}`;
  }

  async close() {
    end(this.editor);
    await sleep(500);
    end(this.server);
  }
}
