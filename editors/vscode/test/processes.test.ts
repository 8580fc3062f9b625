import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProcesses, picks, title } from "../src/processes";
import type { Process } from "../src/protocol";

const SERVER: Process = {
  pid: 42, parent_pid: 1, user: "www", python: { version: "3.13.0", free_threaded: true, debug: false },
  threads: 3, tasks: 1204, command: ["/usr/bin/python3.13", "-m", "shop"], error: null,
};

test("a line names the program, the version, the number of tasks and the whole command", () => {
  assert.deepEqual(picks([SERVER]), [
    {
      label: "-m shop",
      description: "42 · CPython 3.13.0t · 1,204 tasks · 3 threads · www",
      detail: "/usr/bin/python3.13 -m shop",
      pid: 42,
    },
  ]);
});

test("hung processes come first, those that cannot be read last with the reason", () => {
  const hung: Process = { ...SERVER, pid: 7, verdict: { state: "hung", confidence: "certain", summary: "deadlock of 2 tasks" } };
  const closed: Process = {
    ...SERVER, pid: 99, python: null, threads: null, tasks: null,
    error: { code: "permission", message: "not permitted", hint: "run it as root" },
  };
  const list = picks([closed, SERVER, hung]);
  assert.deepEqual(list.map((pick) => pick.pid), [7, 42, 99]);
  assert.equal(list[0]?.detail, "deadlock of 2 tasks — /usr/bin/python3.13 -m shop");
  assert.match(list[0]?.label ?? "", /^\$\(error\)/);
  assert.deepEqual(list[2], {
    label: "-m shop",
    description: "99 · www",
    detail: "$(warning) not permitted: run it as root — /usr/bin/python3.13 -m shop",
    pid: 99,
  });
});

test("the title is the script or module, without folders", () => {
  assert.equal(title(["/usr/bin/python3", "-u", "/srv/app/main.py", "--port", "80"]), "main.py");
  assert.equal(title(["python3", "-X", "dev", "a.py"]), "a.py");
  assert.equal(title(["/usr/bin/python3", "-c", "import shop"]), "python3");
  assert.equal(title(["/srv/app/worker"]), "worker");
  assert.equal(title([]), "");
});

test("a command line cannot bring icons of its own", () => {
  assert.doesNotMatch(title(["python3", "$(error)"]), /\$\(/);
});

test("what is no list is refused", () => {
  assert.throws(() => parseProcesses("{}"));
  assert.throws(() => parseProcesses("usage: ps"));
  assert.deepEqual(parseProcesses('[1, null, {"no": 1}]'), []);
});
