// Debug configurations, and how an adapter is reached.

import * as vscode from "vscode";
import { TYPE } from "./protocol";
import { UserError, requireProgram } from "./settings";

/** What F5 does where there is no launch.json. */
export const DEFAULT_CONFIGURATION: vscode.DebugConfiguration = {
  name: "Look into a running Python",
  type: TYPE,
  request: "attach",
  processId: "${command:pickProcess}",
};

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  provideDebugConfigurations(): vscode.DebugConfiguration[] {
    return [DEFAULT_CONFIGURATION];
  }

  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    given: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    if (!given.type && !given.request && !given.name) return { ...DEFAULT_CONFIGURATION };
    if (given.request === "launch") {
      void vscode.window.showErrorMessage(
        'dapper-attach starts no program: use "request": "attach" and start the program yourself.',
      );
      return undefined;
    }
    // An adapter elsewhere may have been started for one process, and ours cannot list its processes.
    const remote = given["connect"] !== undefined || given["socket"] !== undefined;
    const chosen = given["processId"] !== undefined || given["capture"] !== undefined;
    if (!chosen && !remote) {
      return { ...given, processId: DEFAULT_CONFIGURATION["processId"] };
    }
    return given;
  }
}

export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    const { connect, socket, dapperAttachPath } = session.configuration;
    if (connect !== undefined) return server(connect);
    if (typeof socket === "string") return new vscode.DebugAdapterNamedPipeServer(socket);
    return new vscode.DebugAdapterExecutable(requireProgram(dapperAttachPath), ["dap"]);
  }
}

function server(connect: unknown): vscode.DebugAdapterServer {
  const { host, port } = (connect ?? {}) as { host?: unknown; port?: unknown };
  if (typeof port !== "number") {
    throw new UserError('"connect" needs a port: "connect": {"host": "127.0.0.1", "port": 4711}');
  }
  return new vscode.DebugAdapterServer(port, typeof host === "string" ? host : "127.0.0.1");
}
