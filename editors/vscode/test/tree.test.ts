import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnosis, ResourceItem, TaskItem, Tasks, ThreadItem } from "../src/protocol";
import { type Node, WaitTree, firstCulprit, hasChildren, identity, words } from "../src/tree";

function task(id: string, waitsFor: string[] = [], more: Partial<TaskItem> = {}): TaskItem {
  return {
    id, threadId: 1, name: id, coroutine: `${id}_coroutine`, label: id, state: "waiting", kind: "lock",
    summary: "", waitsFor, awaitedBy: [], holders: [], culprit: false, ...more,
  };
}

function lock(id: string, holders: string[]): ResourceItem {
  return { id, name: `lock ${id}`, summary: "held", holders, waiters: [] };
}

function diagnosis(ids: string[], more: Partial<Diagnosis> = {}): Diagnosis {
  return {
    kind: "deadlock-cycle", summary: "deadlock", culprit: null, ids, threadIds: [], hint: null,
    recoversInSeconds: null, confidence: "certain", ...more,
  };
}

function tasks(given: Partial<Tasks>): Tasks {
  const all = given.tasks ?? [];
  return {
    verdict: null, total: all.length, shown: all.length, tasks: [], threads: [], resources: [], diagnoses: [],
    ...given,
  };
}

/** The tree as nested lists of titles, down to a depth. */
function outline(tree: WaitTree, nodes: Node[] = tree.roots(), depth = 9): unknown[] {
  return nodes.flatMap((node) => {
    const below = hasChildren(node) && depth > 0 ? outline(tree, tree.children(node), depth - 1) : [];
    const { title } = words(node);
    return below.length ? [title, below] : [title];
  });
}

test("a task that nobody waits for is at the top, with what it waits for below", () => {
  const tree = new WaitTree(tasks({ tasks: [task("b", ["l"]), task("a", ["b"]), task("c")], resources: [lock("l", ["c"])] }));
  assert.deepEqual(outline(tree), [
    "a (a_coroutine)",
    ["b (b_coroutine)", ["lock l", ["c (c_coroutine)"]]],
  ]);
});

test("a cycle is shown once and ends where it closes", () => {
  const tree = new WaitTree(tasks({ tasks: [task("a", ["b"]), task("b", ["a"])] }));
  assert.deepEqual(outline(tree), ["a (a_coroutine)", ["b (b_coroutine)", ["a (a_coroutine)"]]]);
  const [root] = tree.roots();
  const closing = tree.children(tree.children(root!)[0]!)[0]!;
  assert.equal(hasChildren(closing), false);
  assert.match(words(closing).detail, /cycle/);
});

test("a task that waits for itself is shown", () => {
  const tree = new WaitTree(tasks({ tasks: [task("a", ["l"])], resources: [lock("l", ["a"])] }));
  assert.deepEqual(outline(tree), ["a (a_coroutine)", ["lock l", ["a (a_coroutine)"]]]);
});

test("what only a cycle waits for is no root", () => {
  const tree = new WaitTree(tasks({ tasks: [task("end"), task("a", ["b"]), task("b", ["a", "end"])] }));
  assert.deepEqual(tree.roots().map((node) => words(node).title), ["a (a_coroutine)"]);
});

test("a task that only a thread waits for is shown, and the thread below who waits for it", () => {
  const threads: ThreadItem[] = [
    { id: "t", threadId: 9, name: "io_0", state: "waiting", summary: "Future.result()", waitsFor: ["a"] },
  ];
  assert.deepEqual(outline(new WaitTree(tasks({ tasks: [task("a")], threads }))), ["a (a_coroutine)"]);
  const both = new WaitTree(tasks({ tasks: [task("a"), task("b", ["t"])], threads }));
  assert.deepEqual(outline(both), ["b (b_coroutine)", ["io_0", ["a (a_coroutine)"]]]);
});

test("tasks of a diagnosis come first", () => {
  const tree = new WaitTree(tasks({ tasks: [task("idle"), task("stuck")], diagnoses: [diagnosis(["stuck"])] }));
  assert.deepEqual(outline(tree), ["deadlock cycle", "stuck (stuck_coroutine)", "idle (idle_coroutine)"]);
});

test("many alike become one line that opens", () => {
  const many = Array.from({ length: 12_000 }, (_, at) => task(`w${at}`, [], { coroutine: "worker", kind: "queue" }));
  const tree = new WaitTree(tasks({ tasks: [...many, task("other")] }));
  const [group, other] = tree.roots();
  assert.deepEqual(words(group!), { title: "12,000 × worker", detail: "queue" });
  assert.equal(words(other!).title, "other (other_coroutine)");
  assert.equal(tree.children(group!).length, 12_000);
});

test("a chain of 20,000 tasks has one root and does not overflow", () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => task(`t${at}`, [`t${at + 1}`]));
  const tree = new WaitTree(tasks({ tasks: chain.reverse() }));
  assert.deepEqual(tree.roots().map((node) => words(node).title), ["t0 (t0_coroutine)"]);
});

test("a chain is cut where it is too deep to read", () => {
  const chain = Array.from({ length: 200 }, (_, at) => task(`t${at}`, [`t${at + 1}`]));
  const tree = new WaitTree(tasks({ tasks: chain }));
  let depth = 0;
  for (let nodes = tree.roots(); nodes.length; nodes = hasChildren(nodes[0]!) ? tree.children(nodes[0]!) : []) depth++;
  assert.equal(depth, 64);
});

test("what was left out of the answer is named by its id", () => {
  const tree = new WaitTree(tasks({ tasks: [task("a", ["gone"])] }));
  assert.deepEqual(outline(tree), ["a (a_coroutine)", ["gone"]]);
});

test("a title is not said twice", () => {
  const pool: ResourceItem = { ...lock("p", []), name: 'pool "io"', summary: 'pool "io" (2/2 in use)' };
  const tree = new WaitTree(tasks({ tasks: [task("a", ["p"])], resources: [pool] }));
  assert.deepEqual(words(tree.children(tree.roots()[0]!)[0]!), { title: 'pool "io"', detail: "(2/2 in use)" });
});

test("each line has an id of its own", () => {
  const shared = tasks({ tasks: [task("a", ["c"]), task("b", ["c"]), task("c")], diagnoses: [diagnosis([]), diagnosis([])] });
  const tree = new WaitTree(shared);
  const all = tree.roots().flatMap((node) => [node, ...tree.children(node)]);
  assert.equal(new Set(all.map(identity)).size, all.length);
});

test("the first culprit with a line is the one to go to", () => {
  const culprit = { path: "/app/x.py", line: 7, function: "f", text: "await g()" };
  const nowhere = { ...culprit, path: null };
  const found = firstCulprit(tasks({ diagnoses: [diagnosis([], { culprit: nowhere }), diagnosis([], { culprit })] }));
  assert.deepEqual(found, { path: "/app/x.py", line: 7 });
  const marked = task("a", [], { culprit: true, path: "/app/y.py", line: 3 });
  assert.deepEqual(firstCulprit(tasks({ tasks: [marked] })), { path: "/app/y.py", line: 3 });
  assert.equal(firstCulprit(tasks({})), undefined);
});
