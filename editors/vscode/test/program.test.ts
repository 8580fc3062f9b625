import assert from "node:assert/strict";
import { test } from "node:test";
import { findProgram, run } from "../src/program";

test("a name is looked up in the path, a path is taken as it is", () => {
  assert.equal(findProgram("sh", "/nowhere:/bin"), "/bin/sh");
  assert.equal(findProgram("/bin/sh", ""), "/bin/sh");
});

test("what is no program, or relative, is not found", () => {
  assert.equal(findProgram("no-such-program-here", "/bin"), undefined);
  assert.equal(findProgram("/etc/passwd"), undefined);
  assert.equal(findProgram("/bin"), undefined);
  assert.equal(findProgram("./sh", "/bin"), undefined);
});

test("a run gives status and output", async () => {
  assert.deepEqual(await run("/bin/sh", ["-c", "echo out; echo err >&2; exit 2"]), {
    status: 2, stdout: "out\n", stderr: "err\n",
  });
  await assert.rejects(run("/no/such/program", []));
});
