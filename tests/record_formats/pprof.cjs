'use strict';
/*
 * Decodes a profile of pprof with the package pprof-format, and writes it as JSON. Numbers of more
 * than 53 bits become strings.
 *
 *   node pprof.cjs FILE
 */
const fs = require('node:fs');
const zlib = require('node:zlib');
const { Profile } = require('pprof-format');

const profile = Profile.decode(zlib.gunzipSync(fs.readFileSync(process.argv[2])));
const plain = (key, value) => {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
};
const { stringTable, ...rest } = profile;
fs.writeSync(1, JSON.stringify({ ...rest, strings: stringTable.strings }, plain) + '\n');
