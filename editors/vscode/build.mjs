// Bundles the extension into out/: the extension itself, and the worker that
// draws. `--tests` bundles the tests as well, `--production` is for a package.
import { build } from "esbuild";
import { copyFileSync, readdirSync, rmSync } from "node:fs";

const tests = process.argv.includes("--tests");
const production = process.argv.includes("--production");

rmSync("out", { recursive: true, force: true });

const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: production,
  sourcemap: !production,
  logLevel: "warning",
};
await build({ ...common, entryPoints: ["src/extension.ts", "src/drawing.ts"], outdir: "out" });
if (tests) {
  const entryPoints = readdirSync("test").map((name) => `test/${name}`);
  await build({ ...common, entryPoints, outdir: "out/test" });
}
if (production) copyFileSync("../../LICENSE", "LICENSE");
