// The view "Tasks": a verdict, what is wrong, and who waits for whom.

import * as vscode from "vscode";
import type { TaskItem, Tasks, Verdict } from "./protocol";
import type { Sessions } from "./sessions";
import { type Node, WaitTree, firstCulprit, hasChildren, identity, words } from "./tree";

export const VIEW = "dapper-attach.tasks";

interface Look {
  session: vscode.DebugSession;
  tasks: Tasks;
  tree: WaitTree;
}

export class TasksView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];
  private filter = "";
  private look: Promise<Look | undefined> | undefined;

  constructor(private readonly sessions: Sessions) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = [this.view, this.changed, sessions.onDidChange(() => this.refresh())];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Asks the adapter again when the view is next drawn. */
  refresh(): void {
    this.look = undefined;
    if (!this.sessions.stopped) this.describe(undefined);
    this.changed.fire();
  }

  /** Asks for a pattern, and shows only tasks that fit it. */
  async askFilter(): Promise<void> {
    const filter = await vscode.window.showInputBox({
      title: "Filter tasks",
      prompt: "Part of a name or coroutine; * and ? are wildcards. Empty: all tasks.",
      value: this.filter,
    });
    if (filter === undefined) return;
    this.filter = filter.trim();
    this.refresh();
  }

  /** Opens the line to blame: of a diagnosis, else the first one known. */
  async goToCulprit(node: Node | undefined): Promise<void> {
    const own = node?.type === "diagnosis" ? node.item.culprit : undefined;
    const look = await this.current();
    const found = own?.path && own.line ? { path: own.path, line: own.line } : look && firstCulprit(look.tasks);
    if (found) await open(found.path, found.line);
    else void vscode.window.showInformationMessage("No line is to blame for what was seen.");
  }

  /** Opens the line of a task that it waits at. */
  async openPlace(node: Node | undefined): Promise<void> {
    const task = node && taskOf(node);
    if (task?.path && task.line) await open(task.path, task.line);
  }

  /** Makes a task or thread the selected one of the debugger. */
  async select(node: Node | undefined): Promise<void> {
    const id = node && idOf(node);
    const look = await this.current();
    if (id && look) await look.session.customRequest("dapper/select", { id });
  }

  /** The number under which the debugger knows a line's task or thread. */
  threadOf(node: Node): number | undefined {
    return node.type === "thing" && node.thing.type !== "resource" ? node.thing.item.threadId : undefined;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const look = await this.current();
    if (!look) return [];
    return node ? look.tree.children(node) : look.tree.roots();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { title, detail } = words(node);
    const item = new vscode.TreeItem(title, state(node));
    item.id = identity(node);
    item.description = detail;
    item.iconPath = icon(node);
    item.tooltip = tooltip(node, title, detail);
    const task = taskOf(node);
    const placed = !!task?.path && !!task.line;
    item.contextValue = [idOf(node) && "selectable", placed && "placed"].filter(Boolean).join(" ");
    if (placed) item.command = { command: "dapper-attach.openPlace", title: "Open", arguments: [node] };
    if (node.type === "diagnosis" && node.item.culprit?.line) {
      item.command = { command: "dapper-attach.goToCulprit", title: "Open", arguments: [node] };
    }
    return item;
  }

  /** What the adapter last said, asked for once per stop. */
  private current(): Promise<Look | undefined> {
    this.look ??= this.ask();
    return this.look;
  }

  private async ask(): Promise<Look | undefined> {
    const session = this.sessions.stopped;
    if (!session) return undefined;
    try {
      const filter = this.filter ? { filter: this.filter } : {};
      const tasks: Tasks = await session.customRequest("dapper/tasks", filter);
      this.describe(tasks);
      return { session, tasks, tree: new WaitTree(tasks) };
    } catch (error) {
      // The process may have gone on or ended meanwhile: then the next event clears the view.
      this.view.message = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  private describe(tasks: Tasks | undefined): void {
    const cut = tasks && tasks.shown < tasks.total;
    const shown = cut ? `${number(tasks.shown)} of ${number(tasks.total)}` : "";
    const filter = this.filter && tasks ? `“${this.filter}”` : "";
    this.view.description = [filter, shown].filter(Boolean).join(" ");
    this.view.message = tasks?.verdict ? sentence(tasks.verdict) : "";
  }
}

function sentence({ state, confidence, summary }: Verdict): string {
  const word = state.toUpperCase();
  return `${word}: ${summary}${confidence ? ` (${confidence})` : ""}`;
}

function state(node: Node): vscode.TreeItemCollapsibleState {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  if (!hasChildren(node)) return None;
  return node.type === "thing" && node.path.length === 1 ? Expanded : Collapsed;
}

function taskOf(node: Node): TaskItem | undefined {
  return node.type === "thing" && node.thing.type === "task" ? node.thing.item : undefined;
}

function idOf(node: Node): string | undefined {
  return node.type === "thing" && node.thing.type !== "resource" ? node.thing.item.id : undefined;
}

function icon(node: Node): vscode.ThemeIcon {
  const red = new vscode.ThemeColor("debugIcon.stopForeground");
  if (node.type === "diagnosis") return new vscode.ThemeIcon("error", red);
  if (node.type === "group") return new vscode.ThemeIcon("layers");
  if (node.type === "unknown") return new vscode.ThemeIcon("question");
  if (node.again) return new vscode.ThemeIcon("sync", red);
  switch (node.thing.type) {
    case "resource":
      return new vscode.ThemeIcon("lock");
    case "thread":
      return new vscode.ThemeIcon("vm");
    case "task":
      return node.thing.item.culprit ? new vscode.ThemeIcon("clock", red) : taskIcon(node.thing.item);
  }
}

function taskIcon(task: TaskItem): vscode.ThemeIcon {
  const names = { waiting: "clock", ready: "circle-outline", running: "play-circle", done: "pass" };
  return new vscode.ThemeIcon(names[task.state] ?? "question");
}

/** Plain text: what the target's names hold is never taken as Markdown. */
function tooltip(node: Node, title: string, detail: string): string {
  const lines = [title, detail];
  if (node.type === "diagnosis") {
    const { culprit, hint, recoversInSeconds, summary, confidence } = node.item;
    lines.push(`${summary} (${confidence})`);
    if (culprit?.text) lines.push(culprit.text.trim());
    if (recoversInSeconds !== null) lines.push(`ends by itself in ${recoversInSeconds.toFixed(1)} s`);
    if (hint) lines.push(`Fix: ${hint}`);
  }
  const task = taskOf(node);
  if (task) lines.push(task.line ? `${task.state}, at ${task.path}:${task.line}` : task.state);
  return lines.filter(Boolean).join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

async function open(path: string, line: number): Promise<void> {
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  try {
    await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(at, at) });
  } catch {
    void vscode.window.showErrorMessage(
      `${path} is not on this machine: set pathMappings in the debug configuration.`,
    );
  }
}
