// The workbench of VS Code in a browser: what a user sees and does there.

import { join } from "node:path";
import { settings, sleep, until } from "./harness.mjs";

export class Workbench {
  constructor(page) {
    this.page = page;
  }

  async open(url) {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await this.page.goto(url);
    await this.page.waitForSelector(".monaco-workbench .part.sidebar", { timeout: 90_000 });
    await this.dismiss();
    await this.command("View: Show Run and Debug");
    await this.widen(480);
    await this.section("Breakpoints", false);
  }

  /** Makes the side bar so wide. */
  async widen(width) {
    const bar = await this.page.locator(".part.sidebar").boundingBox();
    const edge = bar.x + bar.width;
    await this.page.mouse.move(edge, 400);
    await this.page.mouse.down();
    await this.page.mouse.move(bar.x + width, 400, { steps: 5 });
    await this.page.mouse.up();
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** The text of all elements that a selector fits, as a user reads it. */
  text(selector) {
    return this.page.evaluate(
      (selector) => {
        const found = [...document.querySelectorAll(selector)].map((element) => element.innerText);
        return found.join("\n").replaceAll("\u00a0", " ");
      },
      selector,
    );
  }

  /** Runs a command of the palette by its title. */
  command(title) {
    return this.choose("F1", `>${title}`, title);
  }

  /** Starts a configuration of launch.json by its name. */
  debug(name) {
    return this.choose("Control+p", `debug ${name}`, name);
  }

  /**
   * Opens a list with a key, types, and takes the line with a text. Again, if need be: lists fill
   * as extensions load, and close when the focus goes elsewhere.
   */
  async choose(key, typed, text) {
    const widget = this.page.locator(".quick-input-widget");
    const row = widget.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
    const once = async () => {
      await this.press("Escape");
      await this.press(key);
      await widget.locator("input").first().fill(typed, { timeout: 3000 });
      await row.click({ timeout: 3000 });
    };
    await until(`the list offers ${text}`, () => once().then(() => true, () => false), { seconds: 60 });
    await sleep(400);
  }

  async stop() {
    await this.command("Debug: Disconnect");
    await until("the session ended", async () => !(await this.text(".debug-call-stack")).trim());
  }

  /** Closes dialogs and notifications. */
  async dismiss() {
    const dialog = this.page.locator(".monaco-dialog-box .codicon-dialog-close");
    if (await dialog.count()) await dialog.first().click();
    const toasts = this.page.locator(".notifications-toasts .codicon-notifications-clear");
    while (await toasts.count()) {
      await this.page.locator(".notification-toast").first().hover();
      await toasts.first().click();
      await sleep(200);
    }
  }

  callStack() {
    return this.text(".debug-call-stack .monaco-list-row");
  }

  variables() {
    return this.text(".debug-variables .monaco-list-row");
  }

  pane(name) {
    return this.page.locator(".pane").filter({ has: this.page.locator(`.pane-header[aria-label^="${name}"]`) });
  }

  async tasks() {
    const pane = this.pane("Tasks");
    return (await pane.count()) ? (await pane.first().innerText()).replaceAll("\u00a0", " ") : "";
  }

  async paneHeader(name) {
    const header = this.pane(name).locator(".pane-header");
    return (await header.count()) ? header.first().innerText() : "";
  }

  /** Opens or closes sections of the side bar. */
  async section(name, open) {
    const header = this.pane(name).locator(".pane-header").first();
    if (!(await header.count())) return;
    const isOpen = (await header.getAttribute("aria-expanded")) === "true";
    if (isOpen !== open) await header.click({ position: { x: 40, y: 10 } });
  }

  /** Moves the lower edge of a section to a height. */
  async edge(name, height) {
    const box = await this.pane(name).first().boundingBox();
    await this.page.mouse.move(box.x + 200, box.y + box.height);
    await sleep(500);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + 200, height, { steps: 8 });
    await this.page.mouse.up();
  }

  async expandScope(name) {
    const row = this.row(".debug-variables", new RegExp(`^\\s*${name}`));
    await row.waitFor({ timeout: 10_000 });
    if ((await row.getAttribute("aria-expanded")) === "false") await row.click();
    await sleep(400);
  }

  row(selector, text) {
    return this.page.locator(`${selector} .monaco-list-row`).filter({ hasText: text }).first();
  }

  /** Selects a thread or task in the call stack, and one of its frames. */
  async select(name, frame = 0) {
    const row = this.row(".debug-call-stack", name);
    if ((await row.getAttribute("aria-expanded")) === "false") {
      await row.locator(".monaco-tl-twistie").click();
      await sleep(1000);
    }
    const index = Number(await row.getAttribute("data-index"));
    await this.page.locator(`.debug-call-stack .monaco-list-row[data-index="${index + 1 + frame}"]`).click();
    await sleep(800);
  }

  /** The thread or task above the selected frame. */
  selectedThread() {
    return this.page.evaluate(() => {
      const rows = [...document.querySelectorAll(".debug-call-stack .monaco-list-row")];
      rows.sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
      const at = rows.findIndex((row) => row.classList.contains("selected"));
      const above = rows.slice(0, at + 1).reverse();
      return above.find((row) => row.querySelector(".thread"))?.innerText ?? "";
    });
  }

  async watch(expression) {
    await this.section("Watch", true);
    const header = this.pane("Watch").locator(".pane-header").first();
    await header.hover();
    await this.pane("Watch").locator('[aria-label="Add Expression"]').first().click();
    await sleep(300);
    await this.page.keyboard.type(expression);
    await this.press("Enter");
  }

  async copyReport(name) {
    await this.row(".debug-call-stack", name).click({ button: "right" });
    await this.menu("Copy Report of This Task");
  }

  async tasksAction(name, title) {
    await this.row(".customview-tree", name).click({ button: "right" });
    await this.menu(title);
  }

  /** Opens lines of the view Tasks, one after the other. */
  async unfold(...names) {
    for (const name of names) {
      await this.row(".customview-tree", name).locator(".monaco-tl-twistie").click();
      await sleep(400);
    }
  }

  async menu(title) {
    const items = this.page.locator(".monaco-menu .action-item, .context-view .action-item");
    const item = items.filter({ hasText: title }).first();
    await item.waitFor({ timeout: 10_000 });
    // A menu takes no click in its first moment.
    await sleep(400);
    await item.click();
    await sleep(500);
  }

  clipboard() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** The text inside of the page that an extension shows. */
  async webview() {
    const shown = () => document.querySelector("svg, p")?.textContent ?? "";
    for (const frame of this.page.frames()) {
      if (frame === this.page.mainFrame()) continue;
      const text = await frame.evaluate(shown).catch(() => "");
      if (text) return text;
    }
    return "";
  }

  closeEditor() {
    return this.command("View: Close Editor");
  }

  /** Keeps the window as a picture, or what is in and around one element. */
  async picture(name, selector) {
    await this.page.mouse.move(1200, 500);
    await sleep(700);
    const box = selector && (await this.page.locator(selector).first().boundingBox());
    const margin = 24;
    const clip = box && {
      x: Math.max(0, box.x - margin),
      y: Math.max(0, box.y - margin),
      width: box.width + 2 * margin,
      height: box.height + 2 * margin,
    };
    await this.page.screenshot({ path: join(settings.images, `${name}.png`), ...(clip && { clip }) });
  }
}
