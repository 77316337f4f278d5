// Answers what a server would, from what the page holds: rows, and the model's steps.

import { Column, contrastRows, findRows } from "./columns.js";
import { readCsv, readNpy, writeCsv } from "./files.js";
import { Recipe } from "./recipe.js";
import { runSteps } from "./program.js";
import { unpackMessage } from "./wire.js";

const CELLS = 60;

export class Local {
  // Takes the content of the element that holds everything, in base64 and compressed.
  static async from(text) {
    const packed = fromBase64(text.trim());
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Local(unpackMessage(await new Response(stream).arrayBuffer()));
  }

  constructor(bundle) {
    this.bundle = bundle;
    this.arrays = bundle.arrays;
    this.hello = bundle.hello;
    this.codes = this.arrays[bundle.codes];
    this.k = this.hello.n_components;
    this.recipe = new Recipe(bundle.recipe, this.arrays);
    this.columns = bundle.columns.map((told) => Object.assign(new Column(told, this.arrays[told.values]), { ofData: told.of_data }));
    this.ofData = this.columns.filter(({ ofData }) => ofData);
    this.placements = [];
  }

  async ask(question, arrays = []) {
    const answer = this[`_${question.ask}`](question, arrays);
    return { arrays: [], ...answer };
  }

  _hello() {
    return { ...this.hello, arrays: [this.arrays[this.bundle.ranges]] };
  }

  _axes({ x, y }) {
    const n = this.hello.n_rows;
    return { arrays: [x, y].map((axis) => Float32Array.from({ length: n }, (_, i) => this.codes[i * this.k + axis])) };
  }

  _row({ position, placement }) {
    if (placement !== null && placement !== undefined) return this.#placedRow(this.placements[placement], position);
    const code = this.codes.subarray(position * this.k, (position + 1) * this.k);
    const decoded = this.#decoded(code);
    const answer = { position, code: Array.from(code), score: this.arrays[this.bundle.scores][position] };
    const beside = this.ofData.map((column) => ({ name: column.name, value: column.text(position) }));
    if (this.hello.view.kind !== "cells") {
      const row = this.#raw(position);
      return { ...answer, cells: beside, arrays: [this.#shown(row ? [row, decoded] : [decoded])] };
    }
    const values = this.#values(position);
    return { ...answer, ...this.#compared(beside, this.recipe.prepare(values), decoded) };
  }

  #placedRow({ codes, prepared }, position) {
    const code = codes.subarray(position * this.k, (position + 1) * this.k);
    const decoded = this.#decoded(code);
    const answer = { position, code: Array.from(code), score: null };
    const x = prepared[position];
    if (this.hello.view.kind !== "cells") return { ...answer, arrays: [this.#shown([this.recipe.numbers(x), decoded])] };
    const values = this.recipe.bring(x);
    const cells = this.recipe.columns.map(({ name }, i) => ({ name, value: cellText(values[i]) }));
    return { ...answer, ...this.#compared(cells, x, decoded) };
  }

  _decode({ code }) {
    const decoded = this.#decoded(code);
    const again = Array.from(this.#encoded(this.#settled(decoded)));
    if (this.hello.view.kind !== "cells") return { again, arrays: [this.#shown([decoded])] };
    const brought = this.recipe.bring(decoded);
    const cells = this.recipe.columns.slice(0, CELLS).map(({ name }, i) => ({ name, value: cellText(brought[i]) }));
    return { again, cells };
  }

  _between({ from, to, steps }) {
    const codes = Array.from({ length: steps }, (_, s) => from.map((value, i) => value + (s / (steps - 1)) * (to[i] - value)));
    const rows = codes.map((code) => this.#decoded(code));
    const flat = Float32Array.from(codes.flat());
    if (this.hello.view.kind !== "cells") return { arrays: [flat, this.#shown(rows)] };
    const brought = rows.map((row) => this.recipe.bring(row));
    const moved = this.recipe.columns.map(({ name }, i) => ({ name, values: brought.map((row) => cellText(row[i])) }));
    return { arrays: [flat], cells: moved.filter(({ values }) => new Set(values).size > 1).slice(0, CELLS) };
  }

  _colour({ by, column }) {
    const told = by ? this.bundle.shades.find(({ name }) => name === by) : this.bundle.shades[column];
    return { ...told, arrays: [this.arrays[told.bytes]] };
  }

  _contrast(question, [rows]) {
    const differences = contrastRows(this.ofData, rows, this.hello.n_rows).filter(({ distance }) => distance > 0);
    if (this.hello.view.kind === "cells") return { differences };
    return { differences, arrays: [this.#means(rows)] };
  }

  _search({ text }) {
    return { arrays: [findRows(text, this.columns, this.hello.n_rows)] };
  }

  _download({ format }, [rows]) {
    if (format !== "csv") throw new Error("A page without a server saves csv only.");
    const size = this.hello.view.kind === "cells" ? 0 : this.recipe.told.n_features;
    const names = ["row", ...this.ofData.map(({ name }) => name), ...Array.from({ length: size }, (_, i) => `column${i}`), ...this.hello.code_names];
    const lines = Array.from(rows, (row) => {
      const numbers = size ? (this.#raw(row) ?? new Array(size).fill(null)) : [];
      const code = this.codes.subarray(row * this.k, (row + 1) * this.k);
      return [row + 1, ...this.ofData.map((column) => column.value(row)), ...numbers, ...code];
    });
    return { arrays: [new TextEncoder().encode(writeCsv(names, lines))] };
  }

  _place({ name }, [bytes]) {
    const rows = /\.npy$/i.test(name) ? this.#ofArray(readNpy(bytes), name) : this.#ofTable(bytes, name);
    if (!rows.length) throw new Error(`${name} holds no rows.`);
    const prepared = rows.map((row) => this.recipe.prepare(row));
    const codes = new Float32Array(rows.length * this.k);
    prepared.forEach((x, i) => codes.set(this.#encoded(x), i * this.k));
    this.placements.push({ codes, prepared });
    return { placement: this.placements.length - 1, n_rows: rows.length, arrays: [codes] };
  }

  #ofArray({ shape, values }, name) {
    const n = this.recipe.told.n_features;
    if (shape.length < 2 || values.length / shape[0] !== n) throw new Error(`${name} has ${values.length / (shape[0] || 1)} numbers a row, but the model takes ${n}.`);
    return Array.from({ length: shape[0] }, (_, i) => values.subarray(i * n, (i + 1) * n));
  }

  #ofTable(bytes, name) {
    if (!/\.(csv|tsv|txt)$/i.test(name)) throw new Error(`${name} is no csv or npy file: a page without a server places these only.`);
    const [header, ...rows] = readCsv(new TextDecoder().decode(bytes));
    const n = this.recipe.told.n_features;
    if (!this.recipe.columns) {
      if (header?.length !== n) throw new Error(`${name} has ${header?.length ?? 0} columns, but the model takes ${n}.`);
      return rows;
    }
    const places = this.recipe.columns.map((column) => header?.indexOf(column.name) ?? -1);
    const missing = this.recipe.columns.find((column, i) => places[i] < 0 && column.kind !== "left out");
    if (missing) throw new Error(`${name} has no column “${missing.name}”.`);
    return rows.map((row) => places.map((place) => row[place] ?? null));
  }

  #decoded(code) {
    return runSteps(this.bundle.decode, this.arrays, code);
  }

  #encoded(x) {
    return runSteps(this.bundle.encode, this.arrays, x);
  }

  // What comes back of a row is in its own dtype: whole numbers are whole.
  #settled(decoded) {
    return this.recipe.prepare(this.recipe.isNumbers ? this.recipe.numbers(decoded) : this.recipe.bring(decoded));
  }

  // Numbers of a row as the data have them, null where the page does not hold that row.
  #raw(position) {
    const { rows, every } = this.bundle;
    if (position % every) return null;
    const n = this.recipe.told.n_features;
    return this.arrays[rows].subarray((position / every) * n, (position / every + 1) * n);
  }

  // The values of a row's columns, in the order in which the model takes them.
  #values(position) {
    this.byName ??= new Map(this.columns.map((column) => [column.name, column]));
    return this.recipe.columns.map(({ name }) => this.byName.get(name)?.value(position) ?? null);
  }

  #compared(given, x, decoded) {
    const brought = this.recipe.bring(decoded);
    const backs = new Map();
    this.recipe.columns.forEach(({ name, kind, first, width }, i) => {
      if (kind === "left out") return;
      let off = 0;
      for (let j = first; j < first + width; j++) off = Math.max(off, Math.abs(x[j] - decoded[j]) || 0);
      backs.set(name, { back: cellText(brought[i]), off });
    });
    const known = given.filter(({ name }) => backs.has(name)).map((cell) => ({ ...cell, ...backs.get(cell.name) }));
    const shown = known.length > CELLS ? known.sort((a, b) => b.off - a.off).slice(0, CELLS) : known;
    const others = given.filter(({ name }) => !backs.has(name)).slice(0, CELLS);
    return { cells: [...others, ...shown], n_more: given.length - others.length - shown.length };
  }

  // Rows as the pixels or lines that the page draws; prepared rows are brought back first.
  #shown(rows) {
    const { kind, shape, least, greatest } = this.hello.view;
    const given = rows.map((row) => (row instanceof Float64Array ? this.recipe.numbers(row) : row));
    const size = this.recipe.told.n_features;
    const flat = new (kind === "picture" ? Uint8ClampedArray : Float32Array)(size * given.length);
    given.forEach((row, r) => {
      for (let i = 0; i < size; i++) {
        // Lines lie one after the other, numbers of one moment beside each other.
        const place = kind === "line" ? (i % shape[0]) * shape[1] + Math.floor(i / shape[0]) : i;
        flat[r * size + place] = kind === "picture" ? ((row[i] - least) * 255) / (greatest - least) : row[i];
      }
    });
    return flat;
  }

  #means(rows) {
    const n = this.recipe.told.n_features;
    const inside = new Uint8Array(this.hello.n_rows);
    for (const row of rows) inside[row] = 1;
    const sums = [new Float32Array(n), new Float32Array(n)];
    const counts = [0, 0];
    for (let position = 0; position < this.hello.n_rows; position += this.bundle.every) {
      const which = 1 - inside[position];
      const row = this.#raw(position);
      for (let i = 0; i < n; i++) sums[which][i] += row[i];
      counts[which]++;
    }
    return this.#shown(sums.map((sum, which) => sum.map((value) => value / (counts[which] || 1))));
  }
}

// Browsers of before 2025 have no quick way.
function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

function cellText(value) {
  if (value === null) return null;
  return typeof value === "number" && !Number.isInteger(value) ? String(+value.toPrecision(6)) : String(value);
}
