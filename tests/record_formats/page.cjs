'use strict';
/*
 * Opens a page of `record` in Chromium, and writes what it shows as JSON.
 *
 *   node page.cjs FILE [PICTURE]      NODE_PATH holds playwright-core; CHROMIUM names the browser
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { chromium } = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true, args: FLAGS, viewport: { width: 1200, height: 900 },
  });
  try {
    const page = await context.newPage();
    const errors = [];
    const requests = [];
    const url = pathToFileURL(path.resolve(process.argv[2])).href;
    page.on('pageerror', (e) => errors.push(e.message));
    page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') errors.push(m.text()); });
    page.on('request', (r) => { if (r.url().split('#')[0] !== url && !/^(data|about):/.test(r.url())) requests.push(r.url()); });
    await page.goto(url);
    await page.waitForFunction(() => document.documentElement.dataset.ready !== undefined || !document.getElementById('problem').hidden);
    const problem = await page.$eval('#problem', (e) => (e.hidden ? '' : e.textContent));
    const totals = {};
    if (problem === '') {
      for (const who of ['task', 'thread', 'both']) {
        for (const mode of ['wall', 'wait', 'ready', 'cpu']) {
          const inputs = [`input[name="who"][value="${who}"]`, `input[name="mode"][value="${mode}"]`];
          // A recording without tasks has no view of them.
          if (await page.$(inputs[0] + ':disabled')) continue;
          for (const input of inputs) await page.check(input, { force: true });
          totals[`${who} ${mode}`] = await page.$eval('#total-text', (e) => Number(e.dataset.ns));
        }
      }
      await page.goto('about:blank');
      await page.goto(url);
      await page.waitForFunction(() => document.documentElement.dataset.ready !== undefined);
    }
    const broken = await page.evaluate(() => window.broken !== undefined);
    const shown = await page.evaluate(() => document.body.innerText);
    if (process.argv[3]) await page.screenshot({ path: process.argv[3], fullPage: true });
    console.log(JSON.stringify({ problem, errors, requests, totals, broken, shown, title: await page.title() }));
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
