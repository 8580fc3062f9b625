// "Show Wait Graph": who waits for whom as a picture, drawn anew at each stop.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import * as vscode from "vscode";
import { readable } from "./dot";
import { embedded, message, page } from "./page";
import type { Tasks } from "./protocol";
import type { Sessions } from "./sessions";

/** What is readable takes a second. */
const DRAWING_TIMEOUT_MS = 20_000;

export class GraphPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private turn = 0;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly sessions: Sessions) {
    this.subscription = sessions.onDidChange(() => {
      if (this.panel && this.sessions.stopped) void this.draw();
    });
  }

  dispose(): void {
    this.subscription.dispose();
    this.panel?.dispose();
  }

  /** Opens the picture, or brings it up to date. */
  async show(): Promise<void> {
    if (!this.panel) {
      const options = { enableScripts: true, localResourceRoots: [] };
      const beside = { viewColumn: vscode.ViewColumn.Active, preserveFocus: false };
      this.panel = vscode.window.createWebviewPanel("dapper-attach.graph", "Wait Graph", beside, options);
      this.panel.onDidDispose(() => (this.panel = undefined));
    } else {
      this.panel.reveal();
    }
    await this.draw();
  }

  private async draw(): Promise<void> {
    const turn = ++this.turn;
    const content = await this.picture();
    // A later stop may have been drawn meanwhile.
    if (this.panel && turn === this.turn) {
      this.panel.webview.html = page(randomBytes(16).toString("hex"), content);
    }
  }

  private async picture(): Promise<string> {
    const session = this.sessions.stopped;
    if (!session) return message("The process runs on: pause to look.");
    try {
      const { dot }: { dot: string } = await session.customRequest("dapper/graph");
      const { diagnoses }: Tasks = await session.customRequest("dapper/tasks");
      const suspects = new Set(diagnoses.flatMap((diagnosis) => diagnosis.ids));
      const cut = readable(dot, suspects);
      const total = cut.total.toLocaleString("en-US");
      if (this.panel) this.panel.title = cut.shown < cut.total ? `Wait Graph (${cut.shown} of ${total})` : "Wait Graph";
      if (!cut.shown) return message(`${total} tasks and threads are too many to draw, and none of them hangs.`);
      return embedded(await drawn(cut.dot), suspects);
    } catch (error) {
      return message(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Draws in a worker, which is ended when it takes too long. */
function drawn(dot: string): Promise<string> {
  const worker = new Worker(join(__dirname, "drawing.js"), { workerData: dot });
  return new Promise<string>((resolve, reject) => {
    const late = (): void =>
      reject(new Error("The graph takes too long to draw."));
    const timer = setTimeout(late, DRAWING_TIMEOUT_MS);
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => {
      clearTimeout(timer);
      reject(new Error("The graph could not be drawn."));
    });
  }).finally(() => worker.terminate());
}
