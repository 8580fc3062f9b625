// Which of our sessions there are, and which stand at a snapshot.

import * as vscode from "vscode";
import { TYPE } from "./protocol";

/** A message of the Debug Adapter Protocol, as far as it is looked at here. */
interface Message {
  type?: string;
  event?: string;
  command?: string;
  success?: boolean;
}

/** Follows the sessions by the messages that their adapters send. */
export class Sessions implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  private readonly known = new Map<string, { session: vscode.DebugSession; stopped: boolean }>();
  private readonly changed = new vscode.EventEmitter<vscode.DebugSession | undefined>();
  private readonly subscriptions: vscode.Disposable[];

  /** A session stopped, went on, or ended, or another one became the active one. */
  readonly onDidChange = this.changed.event;

  constructor() {
    this.subscriptions = [
      this.changed,
      vscode.debug.registerDebugAdapterTrackerFactory(TYPE, this),
      vscode.debug.onDidChangeActiveDebugSession(() => this.tell(undefined)),
    ];
  }

  /** The session the user looks at, if it is one of ours. */
  get active(): vscode.DebugSession | undefined {
    const session = vscode.debug.activeDebugSession;
    return session && this.known.get(session.id)?.session;
  }

  /** The active session, if it stands at a snapshot. */
  get stopped(): vscode.DebugSession | undefined {
    const session = this.active;
    return session && this.known.get(session.id)?.stopped ? session : undefined;
  }

  byId(id: string): vscode.DebugSession | undefined {
    return this.known.get(id)?.session;
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    // Before the editor is in debug mode, or the view would vanish for a moment.
    this.known.set(session.id, { session, stopped: false });
    this.tell(session);
    const ended = (): void => {
      if (this.known.delete(session.id)) this.tell(session);
    };
    return {
      onDidSendMessage: (message: Message) => {
        const stopped = standsNow(message);
        if (stopped === undefined || !this.known.has(session.id)) return;
        this.known.set(session.id, { session, stopped });
        this.tell(session);
      },
      onWillStopSession: ended,
      onExit: ended,
    };
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private tell(session: vscode.DebugSession | undefined): void {
    const set = (key: string, value: boolean): void =>
      void vscode.commands.executeCommand("setContext", `dapper-attach.${key}`, value);
    set("anySession", this.known.size > 0);
    set("session", this.active !== undefined);
    set("stopped", this.stopped !== undefined);
    this.changed.fire(session);
  }
}

/** Whether a message says that the process stands at a snapshot, or goes on. */
function standsNow(message: Message): boolean | undefined {
  if (message.type === "event") {
    if (message.event === "stopped") return true;
    if (message.event === "continued" || message.event === "terminated") return false;
  }
  const wentOn = message.type === "response" && message.command === "continue" && message.success;
  return wentOn ? false : undefined;
}
