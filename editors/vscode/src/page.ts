// The page that shows a wait graph. Knows nothing of the editor.

/** The page around a picture. Only its own script, known by `nonce`, may run. */
export function page(nonce: string, content: string): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>${content}<script nonce="${nonce}">${SCRIPT}</script></body>
</html>`;
}

/**
 * The SVG element alone, without the XML head that HTML does not know. Nodes
 * that are `suspects` get a class of that name; their titles are `PID/ID`.
 */
export function embedded(svg: string, suspects: ReadonlySet<string>): string {
  const start = svg.indexOf("<svg");
  if (start < 0) return message("There is no picture.");
  return svg.slice(start).replace(/class="node">\s*<title>(\d+\/([^<]*))<\/title>/g, (all, title: string, id: string) =>
    suspects.has(id) ? `class="node suspect"><title>${title}</title>` : all,
  );
}

/** Which of two pictures has more nearly the shape of an editor. */
export function betterShaped(one: string, other: string): string {
  return misshape(one) <= misshape(other) ? one : other;
}

/** How far from 4:3 the sides of a picture are, as a ratio's logarithm. */
function misshape(svg: string): number {
  const [, width, height] = /width="(\d+)pt" height="(\d+)pt"/.exec(svg) ?? [];
  return Math.abs(Math.log((Number(width) * 3) / (Number(height) * 4)));
}

/** A sentence in place of the picture. */
export function message(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// Graphviz gives its colours as attributes, which every style outranks.
const STYLE = `
html, body { height: 100%; margin: 0; overflow: hidden; background: var(--vscode-editor-background); }
p { padding: 1em; color: var(--vscode-foreground); }
svg { width: 100%; height: 100%; cursor: grab; }
svg text { fill: var(--vscode-editor-foreground); font-family: var(--vscode-editor-font-family), monospace; }
svg .graph > polygon { fill: none; stroke: none; }
svg .cluster polygon { fill: none; stroke: var(--vscode-widget-border, gray); }
svg .node :is(polygon, ellipse, path) { fill: var(--vscode-editorWidget-background); }
svg :is(polygon, ellipse, path, polyline)[stroke="black"] { stroke: var(--vscode-editor-foreground); }
svg :is(polygon, ellipse, path, polyline)[stroke="red"] { stroke: var(--vscode-errorForeground); stroke-width: 2; }
svg .suspect :is(polygon, ellipse, path, polyline)[stroke] { stroke: var(--vscode-errorForeground); stroke-width: 2; }
svg .edge polygon[fill="black"] { fill: var(--vscode-editor-foreground); }
svg .edge polygon[fill="red"] { fill: var(--vscode-errorForeground); }
`;

// Wheel zooms at the pointer, dragging moves, a double click shows all again.
const SCRIPT = `
const svg = document.querySelector("svg");
if (svg) {
  const whole = svg.viewBox.baseVal;
  const start = [whole.x, whole.y, whole.width, whole.height];
  let box = [...start];
  const show = () => svg.setAttribute("viewBox", box.join(" "));
  const unit = () => Math.max(box[2] / svg.clientWidth, box[3] / svg.clientHeight);
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  const home = () => {
    // At most half as large again as it was drawn.
    const fit = Math.min(svg.clientWidth / start[2], svg.clientHeight / start[3]);
    const grow = Math.max(1, fit / 1.5);
    box = [
      start[0] - (start[2] * (grow - 1)) / 2,
      start[1] - (start[3] * (grow - 1)) / 2,
      start[2] * grow,
      start[3] * grow,
    ];
    show();
  };
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const factor = Math.exp(event.deltaY / 500);
    const [x, y] = at(event);
    box = [x + (box[0] - x) * factor, y + (box[1] - y) * factor, box[2] * factor, box[3] * factor];
    show();
  }, { passive: false });
  svg.addEventListener("pointermove", (event) => {
    if (!(event.buttons & 1)) return;
    box[0] -= event.movementX * unit();
    box[1] -= event.movementY * unit();
    show();
  });
  svg.addEventListener("dblclick", home);
  home();
}
`;
