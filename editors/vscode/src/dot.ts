// The text of a wait graph, cut to what can be read. Knows nothing of the editor.

/** More boxes than these nobody reads. */
export const MOST_NODES = 300;

const NODE = /^\s*"([^"]+)" \[/;
const EDGE = /^\s*"([^"]+)" -> "([^"]+)"/;

/** A graph with as many nodes as are `shown` of all. */
export interface Cut {
  dot: string;
  shown: number;
  total: number;
}

/**
 * The whole graph where it is small, else what is linked with the suspects,
 * nearest first. Nodes are named `PID/ID`, one to a line, as dapper-attach writes them.
 */
export function readable(dot: string, suspects: ReadonlySet<string>, most = MOST_NODES): Cut {
  const lines = dot.split("\n");
  const nodes = lines.flatMap((line) => NODE.exec(line)?.[1] ?? []);
  if (nodes.length <= most) return { dot, shown: nodes.length, total: nodes.length };
  const kept = neighbourhood(lines, nodes.filter((name) => suspects.has(idOf(name))), most);
  const isKept = (line: string): boolean => {
    const [, from, to] = EDGE.exec(line) ?? [];
    if (from !== undefined && to !== undefined) return kept.has(from) && kept.has(to);
    const node = NODE.exec(line)?.[1];
    return node === undefined || kept.has(node);
  };
  return { dot: lines.filter(isKept).join("\n"), shown: kept.size, total: nodes.length };
}

/** The id of a task or thread in the name of its node. */
export function idOf(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

function neighbourhood(lines: readonly string[], start: readonly string[], most: number): Set<string> {
  const links = new Map<string, string[]>();
  const link = (from: string, to: string): void => {
    const known = links.get(from);
    if (known) known.push(to);
    else links.set(from, [to]);
  };
  for (const line of lines) {
    const [, from, to] = EDGE.exec(line) ?? [];
    if (from === undefined || to === undefined) continue;
    link(from, to);
    link(to, from);
  }
  const kept = new Set(start.slice(0, most));
  // A set is walked in the order in which it grows.
  for (const name of kept) {
    for (const next of links.get(name) ?? []) if (kept.size < most) kept.add(next);
  }
  return kept;
}
