// Which task or thread a menu was opened on.

/** What a report is asked of. */
export interface Target {
  sessionId?: string;
  threadId?: number;
}

/**
 * Reads the arguments that the editor gives a command of a menu: in the call
 * stack the number of the thread, and an object with `sessionId` and a
 * `threadId` like `thread:SESSION:NUMBER`; in a view of ours the line.
 */
export function reportTarget(
  args: readonly unknown[],
  threadOf: (node: object) => number | undefined,
): Target {
  const target: Target = {};
  for (const arg of args) {
    if (typeof arg === "number") target.threadId ??= arg;
    if (typeof arg !== "object" || arg === null) continue;
    if ("sessionId" in arg && typeof arg.sessionId === "string") target.sessionId = arg.sessionId;
    const number = "threadId" in arg ? lastNumber(arg.threadId) : "type" in arg ? threadOf(arg) : undefined;
    if (number !== undefined) target.threadId ??= number;
  }
  return target;
}

function lastNumber(value: unknown): number | undefined {
  const found = /(\d+)$/.exec(String(value));
  return found ? Number(found[1]) : undefined;
}
