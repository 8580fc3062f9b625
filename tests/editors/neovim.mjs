// Neovim with nvim-dap in a terminal, on a program that hangs. The plugin is in
// no package registry: NVIM_DAP is a folder with its source.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { deadPid, expect, folder, main, recordingAdapter, target, write } from "./harness.mjs";
import { Terminal } from "./terminal.mjs";

await main("Neovim", async () => {
  const project = folder("neovim", "project");
  const home = folder("neovim", "home");
  const hung = await target(project, "hangs/executor_starvation.py", [], { inRoot: true });
  const many = await target(project, "programs/many_tasks.py", ["truth.json"], { inRoot: true });
  const plugin = folder("neovim", "nvim-dap");
  cpSync(process.env.NVIM_DAP, plugin, { recursive: true });
  configure(home, plugin, recordingAdapter("neovim"));
  const terminal = await Terminal.open("neovim", ["nvim", hung.name], { home, project });
  const seen = { seen: async () => terminal.text() };
  const shows = (...texts) => async () => texts.every((text) => terminal.text().includes(text));
  const command = async (text) => {
    await terminal.press("Escape", "Escape");
    await terminal.type(`:${text}`);
    await terminal.press("Enter");
  };
  const attach = async (pid) => {
    await command("DapNew attach");
    await expect("the process is asked for", shows("Process id:"), seen);
    await terminal.type(String(pid));
    await terminal.press("Enter");
  };
  const widget = (name) =>
    command(`lua W = require("dap.ui.widgets"); F = W.centered_float(W.${name})`);
  try {
    await expect("Neovim shows the program", shows("async def report"), seen);
    await attach(deadPid());
    await expect("a refused attach says why", shows("there is no process with pid"), seen);
    await terminal.press("Enter");
    await attach(hung.pid);
    await command("lua require('dap').repl.open()");
    await expect("the stop says why the program hangs", shows("HUNG: thread pool"), seen);
    await widget("threads");
    await expect("threads and tasks are listed", shows("io_0", "Task: report (report-0)"), seen);
    await terminal.type("/report-0");
    await terminal.press("Enter", "Enter");
    await expect("a task opens to its stack", shows("report:18"), seen);
    await terminal.press("j", "Enter");
    await command("quit");
    await widget("scopes");
    await expect("its variables are shown", shows("host: 'localhost'"), seen);
    await expect("the Wait scope says what it waits for", shows("summary: ", "thread io_0"), seen);
    terminal.picture("neovim");
    await command("quit");
    await command("lua require('dap').repl.execute('len(host)*1000+7')");
    await expect("an expression has its value", shows("9007"), seen);
    await command("lua require('dap').repl.execute('dapper why')");
    await expect("the console says why", shows("VERDICT"), seen);
    await command("DapContinue");
    await command("DapPause");
    await terminal.press("Enter");
    await command("lua require('dap').repl.execute('.threads')");
    await expect("a pause looks again", shows("Task: report (report-2)"), seen);
    await command("DapTerminate");
    await attach(many.pid);
    const patient = { ...seen, seconds: 60 };
    await expect("the place of the stop is shown", shows("→"), patient);
    await command("lua require('dap').repl.open()");
    await expect("of 10,001 tasks 1,000 are shown, and it says so", shows("showing 1000 of 10001 tasks"), patient);
  } finally {
    await terminal.close();
  }
});

function configure(home, plugin, adapter) {
  write(
    join(home, ".config", "nvim", "init.lua"),
    `vim.opt.runtimepath:prepend("${plugin}")
vim.opt.swapfile = false
local dap = require("dap")
dap.adapters["dapper-attach"] = { type = "executable", command = "${adapter}", args = { "dap" } }
dap.configurations.python = {
  {
    type = "dapper-attach",
    request = "attach",
    name = "attach",
    processId = function() return tonumber(vim.fn.input("Process id: ")) end,
  },
}
`,
  );
}
