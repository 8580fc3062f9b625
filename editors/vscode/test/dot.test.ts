import assert from "node:assert/strict";
import { test } from "node:test";
import { readable } from "../src/dot";

function graph(nodes: string[], edges: [string, string][]): string {
  return [
    "digraph waits {",
    "  node [shape=box];",
    ...nodes.map((id) => `    "42/${id}" [label="${id}", color=black];`),
    ...edges.map(([from, to]) => `    "42/${from}" -> "42/${to}" [label="lock"];`),
    "}",
  ].join("\n");
}

test("a small graph is drawn whole", () => {
  const dot = graph(["a", "b"], [["a", "b"]]);
  assert.deepEqual(readable(dot, new Set()), { dot, shown: 2, total: 2 });
});

test("of a large graph what is linked with the suspects is drawn", () => {
  const crowd = Array.from({ length: 1000 }, (_, at) => `w${at}`);
  const dot = graph([...crowd, "a", "b", "c"], [["a", "b"], ["c", "a"], ["w1", "w2"]]);
  const cut = readable(dot, new Set(["a"]));
  assert.deepEqual([cut.shown, cut.total], [3, 1003]);
  assert.equal(cut.dot, graph(["a", "b", "c"], [["a", "b"], ["c", "a"]]));
});

test("never more are drawn than can be read", () => {
  const crowd = Array.from({ length: 1000 }, (_, at) => `w${at}`);
  const dot = graph([...crowd, "lock"], crowd.map((id): [string, string] => [id, "lock"]));
  assert.equal(readable(dot, new Set(["lock"])).shown, 300);
  assert.equal(readable(dot, new Set(crowd)).shown, 300);
});

test("of a large graph without suspects nothing is drawn", () => {
  const dot = graph(Array.from({ length: 301 }, (_, at) => `w${at}`), []);
  assert.equal(readable(dot, new Set()).shown, 0);
});
