'use strict';
/*
 * Loads a profile with the code of the Firefox profiler, which upgrades it to its newest version, and
 * writes what that makes of it as JSON. It comes with the package @firefox-devtools/profiler-cli.
 *
 *   node firefox.cjs FILE
 */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const program = require.resolve('@firefox-devtools/profiler-cli/dist/profiler-cli.js');
// It has a server for each profile, which it finds again in this folder.
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'profiler-'));
const run = (...words) =>
  execFileSync(process.execPath, [program, ...words], {
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
const json = (...words) => JSON.parse(run(...words, '--json'));

try {
  run('load', path.resolve(process.argv[2]));
  const info = json('profile', 'info', '--all');
  const threads = json('thread', 'list').threads.map((thread) => {
    const named = thread.threadHandle ?? thread.handle;
    return {
      thread,
      samples: json('thread', 'samples-top-down', '--thread', named, '--include-idle'),
      markers: json('thread', 'markers', '--thread', named, '--list', '--limit', '0'),
    };
  });
  fs.writeSync(1, JSON.stringify({ info, threads }) + '\n');
} finally {
  run('stop', '--all');
  fs.rmSync(home, { recursive: true, force: true });
}
