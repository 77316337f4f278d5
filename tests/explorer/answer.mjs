// Answers on standard output what is asked on standard input, by the modules of the page.

import { readFileSync } from "node:fs";

const PAGE = "../../src/isthmus/explorer/page";
const { runSteps } = await import(`${PAGE}/program.js`);
const { Recipe } = await import(`${PAGE}/recipe.js`);
const { unpackMessage } = await import(`${PAGE}/wire.js`);
const { Column, contrastRows, findRows } = await import(`${PAGE}/columns.js`);
const { readCsv, readNpy, writeCsv } = await import(`${PAGE}/files.js`);

const { buffer, byteOffset, byteLength } = readFileSync(0);
const { asked, arrays } = unpackMessage(buffer.slice(byteOffset, byteOffset + byteLength));
const rowsOf = ({ shape: [n, width], ...values }) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: width }, (_, j) => values[i * width + j]));
// JSON knows no NaN.
const plain = (row) => Array.from(row, (value) => (Number.isNaN(value) ? null : value));
const columns = (told) => told.map((each) => Object.assign(new Column(each, arrays[each.values]), { ofData: true }));

const ACTS = {
  run: ({ steps, rows }) => rowsOf(arrays[rows]).map((row) => plain(runSteps(steps, arrays, row))),
  prepare: ({ recipe, rows }) => rows.map((row) => plain(new Recipe(recipe, arrays).prepare(row))),
  bring: ({ recipe, rows }) => rowsOf(arrays[rows]).map((row) => plain(new Recipe(recipe, arrays).bring(Float64Array.from(row)))),
  find: ({ told, texts, n }) => texts.map((text) => Array.from(findRows(text, columns(told), n))),
  contrast: ({ told, rows, n }) => contrastRows(columns(told), rows, n),
  npy: ({ bytes }) => plain(readNpy(arrays[bytes]).values),
  csv: ({ text }) => [readCsv(text), writeCsv(...((rows) => [rows[0], rows.slice(1)])(readCsv(text)))],
};

process.stdout.write(JSON.stringify(asked.map((question) => ACTS[question.act](question))));
