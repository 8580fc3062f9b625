// Emacs with dape in a terminal, on a program that hangs.

import { join } from "node:path";
import { deadPid, expect, folder, main, recordingAdapter, sleep, target, write } from "./harness.mjs";
import { Terminal } from "./terminal.mjs";

await main("Emacs dape", async () => {
  const project = folder("dape", "project");
  const home = folder("dape", "home");
  const hung = await target(project, "hangs/executor_starvation.py", [], { inRoot: true });
  const many = await target(project, "programs/many_tasks.py", ["truth.json"], { inRoot: true });
  configure(home, recordingAdapter("dape"));
  const terminal = await Terminal.open("dape", ["emacs", "-nw", hung.name], { home, project });
  const seen = { seen: async () => terminal.text() };
  const shows = (...texts) => async () => texts.every((text) => terminal.text().includes(text));
  const dape = (key) => terminal.press("C-x", "C-a", key);
  const attach = async (pid) => {
    await terminal.press("M-x");
    await terminal.type("dapper-attach");
    await terminal.press("Enter");
    await terminal.type(String(pid));
    await terminal.press("Enter");
  };
  try {
    await expect("Emacs shows the program", shows("async def report"), seen);
    await attach(deadPid());
    await expect("a refused attach says why", shows("there is no process with pid"), seen);
    await expect("its session ends", shows("Adapter connection shutdown"), seen);
    await sleep(2000);
    await attach(hung.pid);
    await expect("the stop says why the program hangs", shows("HUNG: thread pool"), seen);
    await expect("threads and tasks are listed", shows("io_0", "Task: report (report-0)"), seen);
    await dape("t");
    await terminal.press("Tab");
    await terminal.type("report-0");
    await terminal.press("Tab", "Enter");
    await expect("the chosen task is the current one", shows("[dape:Task: report (report-0) stopped"), seen);
    await expect("its stack and its line are shown", shows("report of executor_starv", "run_in_executor"), seen);
    await expect("its variables are shown", shows("host 'localhost'"), seen);
    await expect("the Wait scope says what it waits for", shows("summary waits for"), seen);
    await dape("w");
    await terminal.type("len(host)*1000+7");
    await terminal.press("Enter");
    await expect("a watch expression has its value", shows("len(host)*1000+7 9007"), seen);
    terminal.picture("dape");
    await dape("c");
    await expect("after continuing, the process runs", shows("running"), seen);
    await dape("p");
    await expect("a pause looks again", shows("stopped", "Task: report (report-0)"), seen);
    await dape("q");
    await sleep(2000);
    await attach(many.pid);
    const patient = { ...seen, seconds: 60 };
    await expect("of 10,001 tasks 1,000 are shown, and it says so", shows("showing 1000 of 10001 tasks"), patient);
  } finally {
    await terminal.close();
  }
});

function configure(home, adapter) {
  write(
    join(home, ".emacs.d", "init.el"),
    `(setq inhibit-startup-screen t create-lockfiles nil make-backup-files nil)
(menu-bar-mode -1)
(package-initialize)
(require 'dape)
(setq completion-styles '(substring basic))
(setq dape-info-buffer-window-groups
      '(((dape-info-scope-mode 0) (dape-info-scope-mode 1) dape-info-watch-mode)
        ((dape-info-scope-mode 2))
        (dape-info-stack-mode dape-info-modules-mode dape-info-sources-mode)
        (dape-info-threads-mode dape-info-breakpoints-mode)))
(defun dapper-attach (pid)
  (interactive "nProcess id: ")
  (dape \`(command "${adapter}" command-args ("dap")
          :request "attach" :type "dapper-attach" :processId ,pid)))
`,
  );
}
