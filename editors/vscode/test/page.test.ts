import assert from "node:assert/strict";
import { test } from "node:test";
import { betterShaped, embedded, message, page } from "../src/page";

test("only the page's own script may run", () => {
  const html = page("abc", embedded("<?xml?><!DOCTYPE svg><svg><script>alert(1)</script></svg>", new Set()));
  assert.match(html, /default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'"/);
  assert.equal(html.match(/<script nonce="abc">/g)?.length, 1);
  assert.doesNotMatch(html, /<\?xml/);
});

test("a sentence is text, not markup", () => {
  assert.equal(message("<b> & co"), "<p>&lt;b&gt; &amp; co</p>");
});

test("of two pictures the one with the shape of an editor is shown", () => {
  const wide = '<svg width="900pt" height="100pt">';
  const fit = '<svg width="300pt" height="300pt">';
  assert.equal(betterShaped(wide, fit), fit);
  assert.equal(betterShaped(fit, wide), fit);
  assert.equal(betterShaped("<svg>", "<svg>"), "<svg>");
});

test("nodes of a diagnosis are marked", () => {
  const node = (title: string): string => `<g id="node1" class="node">\n<title>${title}</title></g>`;
  const svg = embedded(`<svg>${node("42/task:0x1")}${node("42/task:0x2")}</svg>`, new Set(["task:0x2"]));
  assert.equal(svg.match(/suspect/g)?.length, 1);
  assert.match(svg, /class="node suspect"><title>42\/task:0x2</);
});
