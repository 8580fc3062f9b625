// What the tests of all editors share: programs that are started and ended
// again, targets that hang, and expectations that are counted.

import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** The settings that scripts/test-editors hands over. */
export const settings = {
  adapter: required("ADAPTER"),
  work: required("WORK"),
  images: required("IMAGES"),
  manifest: required("MANIFEST"),
  /** Root of a Debian that has the terminal editors; empty: this one has. */
  root: process.env.EDITOR_ROOT ?? "",
};
const LEG = "3.13";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start this through scripts/test-editors`);
  return value;
}

const started = new Set();
const failures = [];
let passed = 0;

/** Starts a program that is ended, with its children, at the end of the test. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], ...options });
  started.add(child);
  child.output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => (child.output += data));
  }
  child.on("error", (error) => (child.output += error.message));
  child.on("exit", () => started.delete(child));
  return child;
}

/** Takes charge of a program that another one started for us, by the id of its process group. */
export function adopt(pid) {
  const child = { pid };
  started.add(child);
  return child;
}

/** Ends a program started here, and its process group. */
export function end(child) {
  started.delete(child);
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a question has an answer that is true; fails with what was seen last. */
export async function until(what, question, { seconds = 20, seen = async () => "" } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}\n${await seen()}`);
    await sleep(150);
  }
}

/** Counts one expectation, and says how it went. */
export async function expect(what, question, options) {
  try {
    const answer = await until(what, question, options);
    passed += 1;
    console.log(`  ok    ${what}`);
    return answer;
  } catch (error) {
    failures.push(what);
    console.log(`  FAIL  ${what}\n${indented(error.message)}`);
    return undefined;
  }
}

function indented(text) {
  return text.split("\n").map((line) => `        ${line}`).join("\n");
}

/** Runs a test, ends what it started, and ends this program with its status. */
export async function main(name, test) {
  console.log(`\n== ${name}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => finish(name, new Error(signal)));
  try {
    await test();
    await finish(name);
  } catch (error) {
    await finish(name, error);
  }
}

async function finish(name, error) {
  // The last one started first: whoever started it can still take note of its end.
  for (const child of [...started].reverse()) {
    end(child);
    await sleep(200);
  }
  if (error) {
    failures.push(error.message.split("\n")[0]);
    console.log(`  FAIL  ${error.stack}`);
  }
  console.log(`${name}: ${passed} ok, ${failures.length} failed`);
  process.exit(failures.length ? 1 : 0);
}

/** A folder of its own for a part of a test. */
export function folder(...names) {
  const path = join(settings.work, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

export function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

/**
 * Starts a program of tests/ from a copy in `project`, and waits until it stands still.
 * `inRoot`: in the root of the terminal editors, if they have one of their own.
 */
export async function target(project, program, args = [], { inRoot = false } = {}) {
  const name = basename(program);
  const path = join(project, name);
  copyFileSync(join(repository, "tests", program), path);
  const lib = join(project, "lib");
  cpSync(join(repository, dirname(join("tests", program))), lib, { recursive: true });
  const { path: python, env } = interpreter();
  // As one types it; nothing of this machine's folders is to be seen in pictures.
  const words = ["env", "-C", project, "sh", "-c", `exec ${basename(python)} "$@"`, "sh", name, ...args];
  const [command, ...rest] = inRoot ? entering(words) : words;
  const child = start(command, rest, {
    env: {
      ...process.env,
      ...env,
      PATH: `${dirname(python)}:${process.env.PATH}`,
      PYTHONPATH: lib,
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  await until(`${name} is READY`, () => child.output.includes("READY"), {
    seconds: 60,
    seen: async () => child.output,
  });
  return { path, name, pid: child.pid, child };
}

/**
 * A command, run where the terminal editors are: here, or in another root
 * that sees our processes, the folder of the test and Python's library.
 */
export function entering(words) {
  if (!settings.root) return words;
  const script = `
root=$1; shift
mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" || exit
while [ "$1" != -- ]; do
  mkdir -p "$root$1" && mount --bind "$1" "$root$1" || exit
  shift
done
shift
exec chroot "$root" "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "sh", settings.root, library(), settings.work, "--", ...words];
}

/** The folder of the interpreter of the targets. */
export const library = () => dirname(dirname(interpreter().path));

function interpreter() {
  const manifest = JSON.parse(readFileSync(settings.manifest, "utf8"));
  const leg = manifest.legs.find((leg) => leg.leg === LEG && existsSync(leg.path));
  if (!leg) throw new Error(`no interpreter ${LEG}: run scripts/interpreters --only ${LEG}`);
  return leg;
}

/** A process id that nobody has. */
export function deadPid() {
  for (let pid = 4_000_000; ; pid -= 1) if (!existsSync(`/proc/${pid}`)) return pid;
}

/** A program that is the adapter, and keeps what is said to and by it in a folder. */
export function recordingAdapter(name) {
  const traffic = folder("traffic", name);
  const path = join(traffic, "dapper-attach");
  write(
    path,
    `#!/bin/bash
# The adapter, with its traffic on record.
if [ "$1" != dap ]; then exec ${settings.adapter} "$@"; fi
tee "${traffic}/$$.in" | ${settings.adapter} "$@" 2>"${traffic}/$$.err" | tee "${traffic}/$$.out"
`,
  );
  chmodSync(path, 0o755);
  return path;
}
