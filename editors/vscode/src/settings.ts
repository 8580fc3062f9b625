// What the user has set.

import * as vscode from "vscode";
import { findProgram } from "./program";

/** A sentence that is shown as it is. */
export class UserError extends Error {}

/**
 * The file of dapper-attach.
 * @throws UserError when there is none, with what to do
 */
export function requireProgram(own?: unknown): string {
  const setting = vscode.workspace.getConfiguration("dapper-attach").get<string>("path");
  const configured = typeof own === "string" && own ? own : setting || "dapper-attach";
  const found = findProgram(configured);
  if (found) return found;
  throw new UserError(
    configured.includes("/")
      ? `There is no program ${configured}: set dapper-attach.path to the full path of dapper-attach.`
      : `${configured} is not in PATH: set dapper-attach.path to the full path of dapper-attach, or install it.`,
  );
}
