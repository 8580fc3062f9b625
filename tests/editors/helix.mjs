// Helix in a terminal, on a program that hangs.

import { join } from "node:path";
import { deadPid, expect, folder, main, recordingAdapter, sleep, target, write } from "./harness.mjs";
import { Terminal } from "./terminal.mjs";

await main("Helix", async () => {
  const project = folder("helix", "project");
  const home = folder("helix", "home");
  const hung = await target(project, "hangs/executor_starvation.py", [], { inRoot: true });
  const many = await target(project, "programs/many_tasks.py", ["truth.json"], { inRoot: true });
  const languages = `[[language]]
name = "python"
language-servers = []

[language.debugger]
name = "dapper-attach"
transport = "stdio"
command = "${recordingAdapter("helix")}"
args = ["dap"]

[[language.debugger.templates]]
name = "attach"
request = "attach"
completion = [{ name = "pid" }]
args = { processId = "{0}" }
`;
  write(join(home, ".config", "helix", "languages.toml"), languages);
  write(join(home, ".config", "helix", "config.toml"), "theme = \"default\"\n[editor]\nmouse = false\n");
  const terminal = await Terminal.open("helix", ["hx", hung.name], { home, project });
  const seen = { seen: async () => terminal.text() };
  const shows = (...texts) => async () => texts.every((text) => terminal.text().includes(text));
  // A popup takes the first Escape, the menu stays open until the next.
  const leave = () => terminal.press("Escape", "Escape", "Escape");
  const debug = async (...keys) => {
    await leave();
    await terminal.press("Space", "G", ...keys);
  };
  const command = async (text) => {
    await leave();
    await terminal.type(`:${text}`);
    await terminal.press("Enter");
  };
  try {
    await expect("Helix shows the program", shows("async def report"), seen);
    await command(`debug-start attach ${deadPid()}`);
    await expect("a refused attach says why", shows("there is no process with pid"), seen);
    await command(`debug-start attach ${hung.pid}`);
    await expect("the stop says why the program hangs", shows("thread pool"), seen);
    await debug("s", "t");
    const some = ["io_0", "Task: main (Task-1)", "Task: report (report-0)"];
    await expect("threads and tasks are offered", shows(...some), seen);
    await terminal.type("report-0");
    await sleep(500);
    terminal.picture("helix-threads");
    await terminal.press("Enter");
    await expect("the chosen task's line is shown", shows("18:1"), seen);
    await debug("v");
    await expect("its variables are shown", shows("host", "localhost"), seen);
    await expect("the Wait scope says what it waits for", shows("Wait", "io_0"), seen);
    terminal.picture("helix-variables");
    await command("debug-eval len(host) * 1000 + 7");
    await expect("an expression has its value", shows("9007"), seen);
    await command('debug-eval host + \\"!\\"');
    await expect("a text in an expression", shows("'localhost!'"), seen);
    await debug("c");
    await sleep(1000);
    await debug("h");
    await expect("after continuing, threads are offered to pause", shows("running"), seen);
    await terminal.press("Enter");
    await expect("a pause looks again", shows("stopped because of pause"), seen);
    await debug("s", "t");
    await expect("the tasks are there again", shows("Task: report (report-0)"), seen);
    await debug("t");
    await command(`debug-start attach ${many.pid}`);
    await expect("of 10,001 tasks 1,000 are fetched", shows("stopped because of pause"), { ...seen, seconds: 60 });
    await debug("s", "t");
    await expect("they are offered beside the thread", shows("1001/1001"), { ...seen, seconds: 60 });
  } finally {
    await terminal.close();
  }
});
