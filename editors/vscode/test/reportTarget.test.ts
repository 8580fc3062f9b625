import assert from "node:assert/strict";
import { test } from "node:test";
import { reportTarget } from "../src/reportTarget";

const none = (): undefined => undefined;

test("the call stack gives a number, and the session", () => {
  const context = { sessionId: "s-1", threadId: "thread:s-1:1073741825" };
  assert.deepEqual(reportTarget([1073741825, context], none), { sessionId: "s-1", threadId: 1073741825 });
  assert.deepEqual(reportTarget([context], none), { sessionId: "s-1", threadId: 1073741825 });
});

test("a line of the view gives its own", () => {
  assert.deepEqual(reportTarget([{ type: "thing" }, undefined], () => 5), { threadId: 5 });
});

test("without arguments it is the whole process", () => {
  assert.deepEqual(reportTarget([], none), {});
});
