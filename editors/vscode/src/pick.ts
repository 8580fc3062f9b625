// `${command:pickProcess}`: which Python process?

import * as vscode from "vscode";
import { type Pick, parseProcesses, picks } from "./processes";
import { run } from "./program";
import { requireProgram } from "./settings";

/** Exit status of a dapper-attach that does not know an option. */
const UNKNOWN_OPTION = 2;

interface Item extends vscode.QuickPickItem {
  pid: number;
}

/** Asks for a process. The text of its id, or nothing when the user turns away. */
export async function pickProcess(): Promise<string | undefined> {
  try {
    const program = requireProgram();
    return await ask(program);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function ask(program: string): Promise<string | undefined> {
  const list = vscode.window.createQuickPick<Item>();
  list.title = "Python processes";
  list.placeholder = "The process to look into";
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.busy = true;
  list.show();
  try {
    const chosen = new Promise<Item | undefined>((resolve) => {
      list.onDidAccept(() => resolve(list.selectedItems[0]));
      list.onDidHide(() => resolve(undefined));
    });
    const filled = fill(list, program);
    // The list may fail before anything is chosen; what is chosen ends the wait for verdicts.
    const item = await Promise.race([chosen, filled.then(() => chosen)]);
    return item && String(item.pid);
  } finally {
    list.dispose();
  }
}

/** Shows the processes at once, then the verdict on each. */
async function fill(list: vscode.QuickPick<Item>, program: string): Promise<void> {
  const judged = processes(program, []);
  judged.catch(() => undefined);
  const quick = await processes(program, ["--no-verdict"]);
  if (quick) show(list, quick);
  show(list, (await judged) ?? []);
  list.busy = false;
}

function show(list: vscode.QuickPick<Item>, found: Pick[]): void {
  // The first one is active unless the user went to another.
  const [first] = list.items;
  const active = list.activeItems.find((item) => item !== first)?.pid;
  list.placeholder = found.length ? "The process to look into" : "No Python process is running here";
  list.items = found;
  const again = list.items.find((item) => item.pid === active);
  if (again) list.activeItems = [again];
}

/** The processes; nothing where this dapper-attach does not know an option. */
async function processes(program: string, options: string[]): Promise<Pick[] | undefined> {
  const { status, stdout, stderr } = await run(program, ["ps", "--json", ...options]);
  if (status === UNKNOWN_OPTION && options.length) return undefined;
  if (status !== 0) {
    const said = stderr.trim().split("\n")[0] || `it ended with status ${status ?? "unknown"}`;
    throw new Error(`dapper-attach cannot list processes: ${said}`);
  }
  try {
    return picks(parseProcesses(stdout));
  } catch {
    throw new Error(`${program} ps gave no list: is it dapper-attach? Check the setting dapper-attach.path.`);
  }
}
