// The extension: what it registers, and nothing else.

import * as vscode from "vscode";
import { AdapterFactory, ConfigurationProvider, DEFAULT_CONFIGURATION } from "./configuration";
import { GraphPanel } from "./graph";
import { pickProcess } from "./pick";
import { TYPE } from "./protocol";
import { reportTarget } from "./reportTarget";
import { Sessions } from "./sessions";
import { TasksView } from "./tasksView";
import type { Node } from "./tree";

export function activate(context: vscode.ExtensionContext): void {
  const sessions = new Sessions();
  const view = new TasksView(sessions);
  const graph = new GraphPanel(sessions);
  const provider = new ConfigurationProvider();
  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  const command = (name: string, run: (...args: never[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`dapper-attach.${name}`, run);
  context.subscriptions.push(
    graph,
    view,
    sessions,
    vscode.debug.registerDebugConfigurationProvider(TYPE, provider, Initial),
    vscode.debug.registerDebugConfigurationProvider(TYPE, provider, Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, new AdapterFactory()),
    command("attach", () => vscode.debug.startDebugging(undefined, DEFAULT_CONFIGURATION)),
    command("pickProcess", pickProcess),
    command("refreshTasks", () => lookAgain(sessions)),
    command("filterTasks", () => view.askFilter()),
    command("goToCulprit", (node?: Node) => view.goToCulprit(node)),
    command("selectTask", (node?: Node) => view.select(node)),
    command("openPlace", (node?: Node) => view.openPlace(node)),
    command("showGraph", () => graph.show()),
    command("copyReport", (...args: unknown[]) => copyReport(sessions, view, args)),
  );
}

/** A new snapshot, also while the process runs. */
async function lookAgain(sessions: Sessions): Promise<void> {
  const refresh = { expression: "dapper refresh", context: "repl" };
  if (sessions.stopped) await sessions.stopped.customRequest("evaluate", refresh);
  else await sessions.active?.customRequest("pause", { threadId: 0 });
}

async function copyReport(sessions: Sessions, view: TasksView, args: unknown[]): Promise<void> {
  const target = reportTarget(args, (node) => view.threadOf(node as Node));
  const session = (target.sessionId && sessions.byId(target.sessionId)) || sessions.stopped;
  if (!session) {
    void vscode.window.showInformationMessage("The process runs on: pause to look.");
    return;
  }
  const { threadId } = target;
  const { text } = await session.customRequest("dapper/report", threadId === undefined ? {} : { threadId });
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage("The report is in the clipboard.", 4000);
}
