// Worker thread: draws Graphviz text as SVG, so that a large graph holds nothing else up.

import { parentPort, workerData } from "node:worker_threads";
import { instance } from "@viz-js/viz";
import { betterShaped } from "./page";

instance().then((viz) => {
  // Only of the standard fonts does Graphviz know the width here.
  const dot = String(workerData).replaceAll('fontname="monospace"', 'fontname="Courier"');
  const draw = (text: string): string => viz.renderString(text, { format: "svg" });
  const wide = draw(dot);
  const high = draw(dot.replace("rankdir=LR", "rankdir=TB"));
  parentPort?.postMessage(betterShaped(wide, high));
});
