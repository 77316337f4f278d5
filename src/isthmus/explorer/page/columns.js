// Columns of rows that the page holds itself: search in them, and what sets rows apart.

const SIGNS = { ">=": (a, b) => a >= b, "<=": (a, b) => a <= b, "!=": (a, b) => a !== b, ">": (a, b) => a > b, "<": (a, b) => a < b, "=": (a, b) => a === b };
const MOST_ROWS = 20000;

// A column: numbers, NaN for gaps, or levels and the place of each row's, -1 for gaps.
export class Column {
  constructor({ name, is_date: isDate, levels }, values) {
    Object.assign(this, { name, isDate, levels, values });
  }

  text(i) {
    if (this.levels) return this.values[i] < 0 ? null : this.levels[this.values[i]];
    const value = this.values[i];
    if (Number.isNaN(value)) return null;
    if (this.isDate) return dateText(value);
    return String(Number.isInteger(value) ? value : +value.toPrecision(6));
  }

  // As prepared by a recipe, and as written into files: with all digits.
  value(i) {
    if (this.levels) return this.text(i);
    return Number.isNaN(this.values[i]) ? null : this.values[i];
  }

  // Which rows hold a text, or equal a number.
  holding(words, n) {
    const number = toNumber(words, this.isDate);
    if (this.levels) return this.#where((level) => level.toLowerCase().includes(words.toLowerCase()), n);
    return Uint8Array.from({ length: n }, (_, i) => Number(this.values[i] === number));
  }

  comparing(sign, words, n) {
    const number = toNumber(words, this.isDate);
    const compare = SIGNS[sign];
    if (!this.levels) return Uint8Array.from({ length: n }, (_, i) => Number(number !== null && !Number.isNaN(this.values[i]) && compare(this.values[i], number)));
    if (number !== null && sign !== "=" && sign !== "!=") return this.#where((level) => toNumber(level) !== null && compare(toNumber(level), number), n);
    return this.#where((level) => compare(level.toLowerCase(), words.toLowerCase()), n);
  }

  #where(holds, n) {
    const suited = this.levels.map((level) => Number(holds(level)));
    return Uint8Array.from({ length: n }, (_, i) => (this.values[i] < 0 ? 0 : suited[this.values[i]]));
  }
}

function dateText(seconds) {
  return new Date(seconds * 1000).toISOString().replace("T", " ").replace(/ 00:00:00\.000Z$|\.000Z$/, "");
}

function toNumber(words, isDate = false) {
  const value = isDate ? Date.parse(words) / 1000 : words.trim() === "" ? NaN : Number(words);
  return Number.isNaN(value) ? null : value;
}

// The rows that a text describes, as isthmus.explorer.finding finds them.
export function findRows(text, columns, n) {
  const words = text.trim();
  if (!words) return new Uint32Array(0);
  const row = /^#\s*([\d,]+)$/.exec(words);
  if (row) {
    const position = Number(row[1].replaceAll(",", "")) - 1;
    return Uint32Array.from(position >= 0 && position < n ? [position] : []);
  }
  const mask = compared(words, columns, n) ?? anywhere(words, columns, n);
  const found = [];
  mask.forEach((is, i) => is && found.push(i));
  return Uint32Array.from(found);
}

function compared(words, columns, n) {
  for (const { 0: sign, index } of words.matchAll(/>=|<=|!=|[<>=:]/g)) {
    const name = words.slice(0, index).trim().toLowerCase();
    const column = columns.find((each) => each.name.trim().toLowerCase() === name);
    const wanted = words.slice(index + sign.length).trim();
    if (column) return sign === ":" ? column.holding(wanted, n) : column.comparing(sign, wanted, n);
  }
  return null;
}

function anywhere(words, columns, n) {
  const mask = new Uint8Array(n);
  for (const column of columns.filter(({ ofData }) => ofData)) column.holding(words, n).forEach((is, i) => (mask[i] |= is));
  return mask;
}

// How the rows inside differ from all others, as isthmus.explorer.contrast compares them.
export function contrastRows(columns, rows, n) {
  const isInside = new Uint8Array(n);
  for (const row of rows) isInside[row] = 1;
  const outside = [];
  isInside.forEach((is, i) => is || outside.push(i));
  const [here, there] = [spread(rows), spread(outside)];
  return columns.map((column) => (column.levels ? ofLevels : ofNumbers)(column, here, there)).sort((a, b) => b.distance - a.distance);
}

function spread(rows) {
  if (rows.length <= MOST_ROWS) return Array.from(rows);
  return Array.from({ length: MOST_ROWS }, (_, i) => rows[Math.floor((i * (rows.length - 1)) / (MOST_ROWS - 1))]);
}

function ofLevels(column, here, there) {
  const shares = [here, there].map((rows) => {
    const counts = new Float64Array(column.levels.length + 1);
    for (const row of rows) counts[column.values[row] + 1] += 1 / rows.length;
    return counts;
  });
  let [distance, place] = [0, 0];
  const apart = shares[0].map((share, i) => share - shares[1][i]);
  apart.forEach((gap, i) => {
    distance += Math.abs(gap) / 2;
    if (gap > apart[place]) place = i;
  });
  const level = place ? column.levels[place - 1] : "missing";
  return { column: column.name, distance, inside: shares[0][place], outside: shares[1][place], level };
}

function ofNumbers(column, here, there) {
  const known = [here, there].map((rows) => Float64Array.from(rows, (row) => column.values[row]).filter((value) => !Number.isNaN(value)).sort());
  const [a, b] = known;
  let [distance, i, j] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i], b[j]);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const [inside, outside] = known.map((sorted) => (sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : null));
  return { column: column.name, distance, inside, outside, level: null, is_date: column.isDate };
}
