'use strict';
/*
 * Reads a file with speedscope's own importer, and writes what it found as JSON.
 *
 *   node speedscope.cjs FILE      NODE_PATH holds the packages speedscope and ajv
 *
 * The package has only the built page. Its importer is a module that the page loads when it is
 * needed, so that its functions keep their names: the script is run without a page, and the module
 * is taken out where the page would wait for it. Files with the ending .json are also checked
 * against the schema of the package.
 */
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const RELEASE = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist', 'release');
const WAITS = /async function [\w$]+\(([\w$]+),([\w$]+)\)\{return\(await ([\w$]+)\)\.importProfilesFromArrayBuffer\(\1,\2\)\}/;

/** An object that takes whatever a script does with a page. */
function anything() {
  return new Proxy(function () {}, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === Symbol.iterator ? undefined : anything()),
    set: () => true,
    apply: () => anything(),
    construct: () => anything(),
    has: () => false,
  });
}

async function importer() {
  const name = fs.readdirSync(RELEASE).find((it) => /^speedscope.*\.js$/.test(it));
  const script = fs.readFileSync(path.join(RELEASE, name), 'utf8');
  const found = WAITS.exec(script);
  if (!found) throw new Error(`the importer was not found in ${name}: this version of speedscope is not known`);
  const module = found[3];
  const patched = script.replace(found[0], `${found[0]};__taken(${module});`);
  let taken = null;
  const quiet = { log() {}, info() {}, debug() {}, warn() {}, error() {} };
  const globals = {
    console: quiet, document: anything(), navigator: anything(), location: anything(), localStorage: anything(),
    TextDecoder, TextEncoder, ArrayBuffer, Uint8Array, URL, setTimeout, clearTimeout, atob, btoa, performance,
    __taken(found) { taken = found; },
  };
  globals.window = globals;
  globals.self = globals;
  try {
    vm.runInNewContext(patched, globals);
  } catch (error) {
    // What draws the page fails without one, after the importer was taken.
    if (taken === null) throw error;
  }
  return taken;
}

function schemaErrors(text) {
  const Ajv = require('ajv');
  const schema = JSON.parse(fs.readFileSync(path.join(RELEASE, 'file-format-schema.json'), 'utf8'));
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  return validate(JSON.parse(text)) ? [] : validate.errors.map((it) => `${it.instancePath}: ${it.message}`);
}

function summary(profile) {
  const frames = [];
  profile.forEachFrame((frame) => frames.push({ name: frame.name, file: frame.file, line: frame.line, total: frame.getTotalWeight() }));
  // The first level of the graph.
  const roots = {};
  const depth = [];
  profile.forEachCall(
    (node, at) => { depth.push([node.frame.name, at]); },
    (node, at) => {
      const [name, from] = depth.pop();
      if (depth.length === 0) roots[name] = (roots[name] || 0) + at - from;
    });
  return { name: profile.getName(), unit: profile.getWeightUnit(), total: profile.getTotalWeight(), roots, frames };
}

async function main() {
  const file = process.argv[2];
  const bytes = fs.readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { importProfilesFromArrayBuffer } = await importer();
  const group = await importProfilesFromArrayBuffer(path.basename(file), buffer);
  if (!group) throw new Error('speedscope does not know the format');
  const out = { name: group.name, index: group.indexToView, profiles: group.profiles.map(summary) };
  if (file.endsWith('.json')) out.schema_errors = schemaErrors(bytes.toString('utf8'));
  console.log(JSON.stringify(out));
  process.exit(0);
}

main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
