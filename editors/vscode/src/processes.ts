// The list of Python processes, as `dapper-attach ps --json` gives it. Knows
// nothing of the editor.

import type { Process } from "./protocol";

/** One line of the pick list. */
export interface Pick {
  label: string;
  description: string;
  detail: string;
  pid: number;
}

/**
 * Reads the output of `ps --json`.
 * @throws when it is not a list
 */
export function parseProcesses(output: string): Process[] {
  const parsed: unknown = JSON.parse(output);
  if (!Array.isArray(parsed)) throw new Error("not a list");
  return parsed.filter(
    (entry): entry is Process => typeof entry === "object" && entry !== null && "pid" in entry,
  );
}

/** Those that can be looked into, hung ones first; then the others with the reason. */
export function picks(processes: readonly Process[]): Pick[] {
  return [...processes].sort((a, b) => rank(a) - rank(b) || b.pid - a.pid).map(pick);
}

function rank(process: Process): number {
  if (process.error) return 2;
  return isHung(process) ? 0 : 1;
}

function isHung(process: Process): boolean {
  return process.verdict?.state.toLowerCase() === "hung";
}

function pick(process: Process): Pick {
  return {
    label: `${isHung(process) ? "$(error) " : ""}${title(process.command)}`,
    description: description(process),
    detail: detail(process),
    pid: process.pid,
  };
}

/** What is run: the script or module without folders and arguments. */
export function title(command: readonly string[]): string {
  const [program = "", ...rest] = command;
  const isValue = (index: number): boolean => /^-[XW]$/.test(rest[index - 1] ?? "");
  const at = rest.findIndex((word, index) => !word.startsWith("-") && !isValue(index));
  const script = rest[at];
  const before = rest[at - 1] ?? "";
  if (script === undefined || before.endsWith("c")) return plain(base(program));
  return plain(before.endsWith("m") ? `-m ${script}` : base(script));
}

function base(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Without what the editor would take for an icon. */
function plain(text: string): string {
  return text.replaceAll("$(", "$\u200b(");
}

function description(process: Process): string {
  const words = [String(process.pid)];
  if (process.python) {
    const { version, free_threaded, debug } = process.python;
    words.push(`CPython ${version}${free_threaded ? "t" : ""}${debug ? "d" : ""}`);
  }
  if (process.tasks !== null) words.push(count(process.tasks, "task"));
  if (process.threads !== null && process.threads > 1) words.push(count(process.threads, "thread"));
  words.push(process.user);
  return words.join(" · ");
}

function detail(process: Process): string {
  const command = plain(process.command.join(" "));
  if (process.error) {
    const { message, hint } = process.error;
    return `$(warning) ${hint ? `${message}: ${hint}` : message} — ${command}`;
  }
  return process.verdict ? `${plain(process.verdict.summary)} — ${command}` : command;
}

function count(number: number, word: string): string {
  return `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
}
