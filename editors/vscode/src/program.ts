// The program dapper-attach: where it is, and one run of it.

import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

/** Time for `ps`: with verdicts it takes two looks at each process. */
const PS_TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 64 << 20;

/** What a run of the program ended with. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** The file to start for a configured path or name; nothing when there is none. */
export function findProgram(configured: string, path = process.env["PATH"] ?? ""): string | undefined {
  const wanted = configured.startsWith("~/") ? join(homedir(), configured.slice(2)) : configured;
  if (wanted.includes("/")) return isAbsolute(wanted) && isProgram(wanted) ? wanted : undefined;
  const folders = [...path.split(delimiter).filter(isAbsolute), join(homedir(), ".cargo", "bin")];
  return folders.map((folder) => join(folder, wanted)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Runs the program to its end. Rejects only where it cannot be started. */
export function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PS_TIMEOUT_MS, maxBuffer: MAX_OUTPUT };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error ? (error.code ?? null) : 0;
      if (typeof code === "string") reject(error);
      else resolve({ status: code, stdout, stderr });
    });
  });
}
