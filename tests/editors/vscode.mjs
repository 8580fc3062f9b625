// VS Code (code-server in a headless Chromium) with the extension, on programs that hang.

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  deadPid,
  expect,
  folder,
  main,
  recordingAdapter,
  repository,
  settings,
  sleep,
  start,
  target,
  until,
  write,
} from "./harness.mjs";
import { Workbench } from "./workbench.mjs";

const codeServer = process.env.CODE_SERVER;
const playwright = process.env.PLAYWRIGHT;
const chromium = process.env.CHROMIUM;

await main("VS Code", async () => {
  const project = folder("vscode", "project");
  const hung = await target(project, "hangs/executor_starvation.py");
  const many = await target(project, "programs/many_tasks.py", ["truth.json"]);
  const adapter = recordingAdapter("vscode");
  const servers = { port: await freePort(), socket: join(folder("vscode"), "adapter.sock") };
  start(settings.adapter, ["dap", "--listen", `127.0.0.1:${servers.port}`]);
  start(settings.adapter, ["dap", "--socket", servers.socket, "--pid", String(hung.pid)]);
  configure(project, adapter, { hung, many, servers });
  const url = await serve(project, adapter);
  const { chromium: launcher } = await import(pathToFileURL(playwright).href);
  const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1200 }, colorScheme: "dark" });
    const workbench = new Workbench(page);
    await workbench.open(url);
    await workbench.section("Tasks", true);
    await expect("without a session the view Tasks says how to begin", async () =>
      (await workbench.tasks()).includes("Look into a process"), { seen: () => workbench.tasks() });
    await pickList(workbench, hung);
    await refused(workbench);
    await hang(workbench, hung);
    await graph(workbench);
    await refresh(workbench);
    await tenThousand(workbench);
    await elsewhere(workbench);
    await withoutConfiguration(workbench, url, hung);
  } catch (error) {
    await browser.contexts()[0]?.pages()[0]?.screenshot({ path: join(settings.work, "failed.png") });
    throw error;
  } finally {
    await browser.close();
  }
});

function configure(project, adapter, { hung, many, servers }) {
  const attach = { type: "dapper-attach", request: "attach" };
  write(join(project, ".vscode", "launch.json"), {
    version: "0.2.0",
    configurations: [
      { ...attach, name: "hung", processId: hung.pid },
      { ...attach, name: "many", processId: many.pid },
      { ...attach, name: "all", processId: many.pid, maxTasks: 20001 },
      { ...attach, name: "gone", processId: deadPid() },
      { ...attach, name: "port", processId: String(hung.pid), connect: { port: servers.port } },
      { ...attach, name: "socket", socket: servers.socket },
    ],
  });
  // A path belongs to the machine that the editor works on.
  write(join(folder("vscode", "user"), "Machine", "settings.json"), { "dapper-attach.path": adapter });
  write(join(folder("vscode", "user"), "User", "settings.json"), {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.tips.enabled": false,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": true,
    "chat.commandCenter.enabled": false,
    "editor.minimap.enabled": false,
    "extensions.ignoreRecommendations": true,
    "extensions.autoCheckUpdates": false,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "security.workspace.trust.enabled": false,
    "debug.openDebug": "openOnDebugBreak",
    "debug.internalConsoleOptions": "neverOpen",
    "debug.toolBarLocation": "docked",
    "files.autoSave": "off",
    "git.enabled": false,
  });
}

/** Starts code-server; the address of its workbench. */
async function serve(project, adapter) {
  const extensions = folder("vscode", "extensions");
  const ours = join(extensions, "dapper-attach.dapper-attach-0.1.0");
  rmSync(ours, { recursive: true, force: true });
  mkdirSync(ours);
  for (const part of ["package.json", "README.md", "out"]) {
    cpSync(join(repository, "editors", "vscode", part), join(ours, part), { recursive: true });
  }
  const port = await freePort();
  const home = folder("vscode", "home");
  const server = start(
    process.execPath,
    [
      codeServer,
      "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--user-data-dir", folder("vscode", "user"),
      "--extensions-dir", extensions, "--disable-telemetry", "--disable-update-check",
      "--disable-workspace-trust", "--disable-getting-started-override", project,
    ],
    {
      env: {
        ...process.env,
        HOME: home,
        XDG_CONFIG_HOME: join(home, ".config"),
        XDG_DATA_HOME: join(home, ".local"),
      },
    },
  );
  const url = `http://127.0.0.1:${port}`;
  await until("code-server answers", () => fetch(`${url}/healthz`).then((answer) => answer.ok, () => false), {
    seconds: 60,
    seen: async () => server.output,
  });
  return `${url}/?folder=${encodeURIComponent(project)}`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function pickList(workbench, hung) {
  await workbench.command("dapper-attach: Look Into a Running Python Process");
  await expect("the pick list shows the program, its version and its tasks", async () => {
    const text = await workbench.text(".quick-input-list .monaco-list-rows");
    return text.includes(hung.name) && text.includes(`${hung.pid} · CPython 3.13`) && /6 tasks/.test(text);
  }, { seen: () => workbench.text(".quick-input-list .monaco-list-rows") });
  // Verdicts follow after a second look at each process.
  await workbench.page.keyboard.type("starvation");
  await expect("then the verdict on it", async () => {
    const text = await workbench.text(".quick-input-list .monaco-list-rows");
    return text.includes('thread pool "io" is exhausted');
  }, { seen: () => workbench.text(".quick-input-list .monaco-list-rows") });
  await workbench.picture("vscode-pick", ".quick-input-widget");
  await workbench.press("Escape");
}

async function refused(workbench) {
  await workbench.debug("gone");
  const dialog = ".monaco-dialog-box, .notifications-toasts";
  await expect("a refused attach says why, in a sentence", async () => {
    const text = await workbench.text(dialog);
    return /no process|not running|does not exist/i.test(text) && !text.includes("{");
  }, { seen: () => workbench.text(dialog) });
  await workbench.picture("vscode-refused", ".monaco-dialog-box");
  await workbench.dismiss();
}

async function hang(workbench, hung) {
  await workbench.debug("hung");
  await workbench.section("Breakpoints", false);
  await workbench.section("Tasks", true);
  await workbench.edge("Variables", 400);
  await workbench.edge("Watch", 470);
  await workbench.edge("Call Stack", 720);
  const seenStack = { seen: () => workbench.callStack() };
  await expect("threads carry their Python names", async () => {
    const text = await workbench.callStack();
    return text.includes("MainThread") && text.includes("io_0");
  }, seenStack);
  await expect("tasks are among them", async () => {
    const text = await workbench.callStack();
    return text.includes("Task: report (report-0)") && text.includes("Task: main (Task-1)");
  }, seenStack);
  await expect("the one to blame is selected, with its stack", async () =>
    (await workbench.callStack()).includes(`render_report\n${hung.name}`), seenStack);
  const tabs = async () => (await workbench.text(".tabs-container")).replaceAll("\n", "");
  await expect("its source is open", async () => (await tabs()).includes(hung.name), { seen: tabs });
  await workbench.select("Task: report (report-0)");
  await workbench.expandScope("Wait");
  await expect("a task's local variable is shown", async () =>
    /host\s*[=:]?\s*'localhost'/.test(await workbench.variables()), { seen: () => workbench.variables() });
  await expect("the Wait scope says what it waits for", async () =>
    /io_0/.test(await workbench.variables()), { seen: () => workbench.variables() });
  await workbench.watch("host + '!'");
  await expect("a watch expression has its value", async () =>
    (await workbench.text(".debug-watch")).includes("'localhost!'"), { seen: () => workbench.text(".debug-watch") });
  await expect("the view Tasks says the verdict and who waits for whom", async () => {
    const text = await workbench.tasks();
    return /io/.test(text) && text.includes("report-0 (report)") && text.includes("Task-1 (main)");
  }, { seen: () => workbench.tasks() });
  await workbench.unfold(/^\s*report-0/, /^\s*io_0/, /^\s*Task-2/, /^\s*pool/);
  await expect("a cycle ends where it closes", async () =>
    (await workbench.tasks()).includes("this is a cycle"), { seen: () => workbench.tasks() });
  await workbench.picture("vscode-tasks");
  await workbench.command("dapper-attach: Go to Culprit");
  await expect("the culprit is line 8", async () =>
    (await workbench.text(".statusbar")).includes("Ln 8"), { seen: () => workbench.text(".statusbar") });
  await workbench.copyReport("Task: report (report-0)");
  await expect("the report of a task is in the clipboard", async () => {
    const text = await workbench.clipboard();
    return text.includes("report-0") && text.includes(hung.name);
  }, { seen: () => workbench.clipboard() });
  await workbench.tasksAction("report-1 (report)", "Select This Task");
  await expect("selecting a task in the view selects it in the call stack", async () =>
    (await workbench.selectedThread()).includes("report-1"), { seen: () => workbench.selectedThread() });
}

async function graph(workbench) {
  await workbench.command("dapper-attach: Show Wait Graph");
  const inside = () => workbench.webview();
  const slow = { seen: inside, seconds: 40 };
  await expect("the wait graph is drawn", async () => (await inside()).includes("report-0"), slow);
  await sleep(500);
  await workbench.picture("vscode-graph");
  await workbench.closeEditor();
}

async function refresh(workbench) {
  await workbench.command("dapper-attach: Look Again");
  await expect("Look Again takes a new picture", async () =>
    (await workbench.callStack()).includes("Task: report (report-0)") && (await workbench.tasks()).includes("report-0"),
    { seen: async () => `${await workbench.callStack()}\n${await workbench.tasks()}` });
  await workbench.command("Debug: Continue");
  await expect("after Continue there is no task in the view", async () =>
    !(await workbench.tasks()).includes("report-0"), { seen: () => workbench.tasks() });
  await workbench.command("Debug: Pause");
  await expect("after Pause the tasks are back", async () =>
    (await workbench.callStack()).includes("Task: report (report-0)") && (await workbench.tasks()).includes("report-0"),
    { seen: async () => `${await workbench.callStack()}\n${await workbench.tasks()}` });
  await workbench.stop();
}

async function tenThousand(workbench) {
  await workbench.debug("many");
  const header = () => workbench.paneHeader("Tasks");
  await expect("of 10,001 tasks 1,000 are shown, and the view says so", async () =>
    (await header()).includes("1,000 of 10,001"), { seconds: 60, seen: header });
  await workbench.section("Watch", false);
  await workbench.select("Task: sleeper (Task-2)", 1);
  await workbench.expandScope("Wait");
  await workbench.picture("vscode-many");
  await workbench.command("dapper-attach: Filter Tasks");
  await workbench.page.keyboard.type("main");
  await workbench.press("Enter");
  await expect("a filter leaves one of them", async () => {
    const text = await workbench.tasks();
    return text.includes("“main” 1 of 10,001") && text.includes("Task-1 (main)") && !text.includes("× sleeper");
  }, { seen: () => workbench.tasks() });
  await workbench.command("dapper-attach: Filter Tasks");
  await workbench.press("Backspace");
  await workbench.press("Enter");
  await workbench.command("dapper-attach: Show Wait Graph");
  await expect("too many to draw is said", async () =>
    (await workbench.webview()).includes("too many to draw"), { seen: () => workbench.webview() });
  await workbench.closeEditor();
  await workbench.stop();
  await workbench.debug("all");
  await expect("all of them can be shown", async () =>
    /\d,\d{3} × /.test(await workbench.tasks()), { seconds: 90, seen: () => workbench.tasks() });
  await workbench.stop();
}

async function elsewhere(workbench) {
  for (const way of ["port", "socket"]) {
    await workbench.debug(way);
    await expect(`an adapter behind a ${way} serves as well`, async () =>
      (await workbench.callStack()).includes("Task: report (report-0)"), { seen: () => workbench.callStack() });
    await workbench.stop();
  }
}

async function withoutConfiguration(workbench, url, hung) {
  const plain = folder("vscode", "plain");
  write(join(plain, "hello.py"), "print('hello')\n");
  await workbench.open(url.replace(/folder=.*/, `folder=${encodeURIComponent(plain)}`));
  await workbench.choose("Control+p", "hello.py", "hello.py");
  await workbench.press("F5");
  await expect("F5 in a Python file without launch.json asks for a process", async () =>
    (await workbench.text(".quick-input-list .monaco-list-rows")).includes(hung.name),
    { seen: () => workbench.text(".quick-input-widget") });
  await workbench.page.keyboard.type("starvation");
  await sleep(1000);
  await workbench.press("Enter");
  await expect("and looks into the one that was picked", async () =>
    (await workbench.callStack()).includes("Task: report (report-0)"), { seen: () => workbench.callStack() });
  await workbench.stop();
}
