// Who waits for whom, as a tree: at the top what nobody waits for, below each
// what it waits for. Knows nothing of the editor.

import type { Diagnosis, ResourceItem, TaskItem, Tasks, ThreadItem } from "./protocol";

export type Thing =
  | { type: "task"; item: TaskItem }
  | { type: "thread"; item: ThreadItem }
  | { type: "resource"; item: ResourceItem };

/** A line of the tree. `path` are the ids from the top down to it. */
export type Node =
  | { type: "diagnosis"; item: Diagnosis; index: number }
  | { type: "thing"; thing: Thing; path: readonly string[]; again: boolean }
  | { type: "unknown"; id: string; path: readonly string[] }
  | { type: "group"; key: string; members: readonly TaskItem[]; path: readonly string[] };

/** As many alike are still shown one by one. */
const MAX_ALIKE = 8;
/** Below this depth a chain is cut; the task's own stack shows the rest. */
const MAX_DEPTH = 64;

export class WaitTree {
  private readonly things = new Map<string, Thing>();

  constructor(private readonly tasks: Tasks) {
    for (const item of tasks.resources) this.things.set(item.id, { type: "resource", item });
    for (const item of tasks.threads) this.things.set(item.id, { type: "thread", item });
    for (const item of tasks.tasks) this.things.set(item.id, { type: "task", item });
  }

  /** Diagnoses, then the tasks that nobody waits for, those of a hang first. */
  roots(): Node[] {
    const diagnoses = this.tasks.diagnoses.map(
      (item, index): Node => ({ type: "diagnosis", item, index }),
    );
    const suspects = new Set(this.tasks.diagnoses.flatMap((diagnosis) => diagnosis.ids));
    const roots = this.rootTasks();
    const worth = (task: TaskItem): boolean => task.culprit || suspects.has(task.id);
    const first = roots.filter(worth);
    const rest = roots.filter((task) => !worth(task));
    return [...diagnoses, ...first.map((task) => this.node(task.id, [])), ...this.grouped(rest, [])];
  }

  children(node: Node): Node[] {
    if (node.type === "group") return node.members.map((task) => this.node(task.id, node.path));
    if (node.type !== "thing" || node.again || node.path.length >= MAX_DEPTH) return [];
    const ids = [...new Set(next(node.thing))];
    const tasks = ids.flatMap((id) => {
      const thing = this.things.get(id);
      return thing?.type === "task" ? [thing.item] : [];
    });
    const others = ids.filter((id) => this.things.get(id)?.type !== "task");
    return [...others.map((id) => this.node(id, node.path)), ...this.grouped(tasks, node.path)];
  }

  /** Tasks from which all others are reached: of a cycle that nobody waits for, one. */
  private rootTasks(): TaskItem[] {
    const awaited = new Set([...this.things.values()].flatMap(next));
    const roots = new Set<TaskItem>();
    const reached = new Set<string>();
    for (const task of this.tasks.tasks) {
      if (!awaited.has(task.id)) this.reach(task, roots, reached);
    }
    for (const task of this.tasks.tasks) {
      if (!reached.has(task.id)) this.reach(task, roots, reached);
    }
    return this.tasks.tasks.filter((task) => roots.has(task));
  }

  /** Makes a task a root, and those roots none that it waits for. */
  private reach(start: TaskItem, roots: Set<TaskItem>, reached: Set<string>): void {
    const open: string[] = [start.id];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const thing = this.things.get(id);
      if (thing?.type === "task") roots.delete(thing.item);
      if (!thing || reached.has(id)) continue;
      reached.add(id);
      open.push(...next(thing));
    }
    roots.add(start);
  }

  private node(id: string, above: readonly string[]): Node {
    const thing = this.things.get(id);
    const path = [...above, id];
    return thing
      ? { type: "thing", thing, path, again: above.includes(id) }
      : { type: "unknown", id, path };
  }

  /** Tasks with the same coroutine that wait in the same way become one line. */
  private grouped(tasks: readonly TaskItem[], path: readonly string[]): Node[] {
    const alike = new Map<string, TaskItem[]>();
    for (const task of tasks) {
      const key = JSON.stringify([task.coroutine, task.state, task.kind, task.line ?? null]);
      const members = alike.get(key);
      if (members) members.push(task);
      else alike.set(key, [task]);
    }
    return [...alike].flatMap(([key, members]): Node[] =>
      members.length > MAX_ALIKE
        ? [{ type: "group", key, members, path: [...path, key] }]
        : members.map((task) => this.node(task.id, path)),
    );
  }
}

/** Whether a line can be opened. */
export function hasChildren(node: Node): boolean {
  if (node.type === "group") return true;
  return (
    node.type === "thing" &&
    !node.again &&
    node.path.length < MAX_DEPTH &&
    next(node.thing).length > 0
  );
}

function next(thing: Thing): readonly string[] {
  return thing.type === "resource" ? thing.item.holders : thing.item.waitsFor;
}

/** An id that stays the same from one look to the next. */
export function identity(node: Node): string {
  if (node.type === "diagnosis") return `diagnosis ${node.index}`;
  return JSON.stringify(node.path);
}

/** The title of a line, and what stands dimmed beside it. */
export function words(node: Node): { title: string; detail: string } {
  switch (node.type) {
    case "diagnosis":
      return { title: node.item.kind.replaceAll("-", " "), detail: place(node.item) };
    case "unknown":
      return { title: node.id, detail: "not among those shown" };
    case "group": {
      const one = node.members[0];
      const count = node.members.length.toLocaleString("en-US");
      return { title: `${count} × ${one?.coroutine ?? ""}`, detail: one?.kind ?? one?.state ?? "" };
    }
    case "thing": {
      const { thing } = node;
      const title = thing.type === "task" ? taskTitle(thing.item) : thing.item.name;
      if (node.again) return { title, detail: "↻ see above: this is a cycle" };
      const { summary } = thing.item;
      return { title, detail: summary.startsWith(title) ? summary.slice(title.length).trim() : summary };
    }
  }
}

/** Name and coroutine, as in a report. */
export function taskTitle(task: TaskItem): string {
  return task.name && task.name !== task.coroutine
    ? `${task.name} (${task.coroutine})`
    : task.coroutine;
}

function place({ culprit, summary }: Diagnosis): string {
  if (!culprit?.path) return summary;
  const file = culprit.path.slice(culprit.path.lastIndexOf("/") + 1);
  return [culprit.line ? `${file}:${culprit.line}` : file, culprit.function].filter(Boolean).join(" ");
}

/** The first culprit whose line is known. */
export function firstCulprit(tasks: Tasks): { path: string; line: number } | undefined {
  for (const { culprit } of tasks.diagnoses) {
    if (culprit?.path && culprit.line) return { path: culprit.path, line: culprit.line };
  }
  const task = tasks.tasks.find((task) => task.culprit && task.path && task.line);
  return task?.path && task.line ? { path: task.path, line: task.line } : undefined;
}
