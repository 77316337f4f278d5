// Prepares rows and brings them back, as isthmus.explorer.recipe tells: texts and numbers to what
// the model sees, NaN where there is a gap, and what it gives to texts.

const DAY = 86400;
const YEAR = 365.2425;
const CYCLES = {
  day: (days) => days - Math.floor(days),
  week: (days) => ((Math.floor(days) + 3) % 7 + 7) % 7 / 7,
  year: (days) => days / YEAR - Math.floor(days / YEAR),
};
const MISSING = new Set(["", "NA", "N/A", "NaN", "nan", "null", "NULL"]);

const isMissing = (value) => value === null || value === undefined || MISSING.has(value) || Number.isNaN(value);

export class Recipe {
  constructor(told, arrays) {
    this.told = told;
    this.isNumbers = told.kind === "numbers";
    if (!this.isNumbers) {
      this.columns = told.columns;
      return;
    }
    [this.offset, this.scale] = [arrays[told.offset], arrays[told.scale]];
    const type = (i) => told.types[told.types.length > 1 ? i : 0];
    this.columns = told.names?.map((name, i) => ({ name, kind: "number", type: type(i), first: i, width: 1 }));
    this.type = type;
  }

  // What the model sees of a row: a value, text or number, for each column.
  prepare(values) {
    const row = new Float64Array(this.told.n_features);
    if (this.isNumbers) {
      for (let i = 0; i < row.length; i++) row[i] = (toNumber(values[i], `column ${this.columns?.[i].name ?? i}`, false) - this.offset[i]) / this.scale[i];
    } else {
      this.columns.forEach((column, i) => prepareCell(column, values[i], row));
    }
    return row;
  }

  // The numbers of a row that is no table: in the scale of the data.
  numbers(prepared) {
    return prepared.map((value, i) => rounded(value * this.scale[i] + this.offset[i], this.type(i)));
  }

  // A value for each column, null where there is none.
  bring(prepared) {
    if (this.isNumbers) return Array.from(this.numbers(prepared), (value, i) => (this.type(i).is === "boolean" ? value >= 0.5 : value));
    return this.columns.map((column) => bringCell(column, prepared.subarray(column.first, column.first + column.width)));
  }
}

function prepareCell(column, value, row) {
  const { first, width, kind } = column;
  if (isMissing(value)) {
    row.fill(NaN, first, first + width);
  } else if (kind === "number") {
    const raw = toNumber(value, `column ${column.name}`);
    const bent = column.spread === undefined ? raw : Math.asinh((raw - column.centre) / column.spread);
    row[first] = (bent - column.mean) / column.deviation;
  } else if (kind === "boolean") {
    row[first] = toNumber(value, `column ${column.name}`) ? 1 : 0;
  } else if (kind === "category") {
    const place = column.levels.indexOf(String(value));
    const shared = column.levels.length + (checksum(String(value)) % column.shared.length);
    row[first + (place < 0 ? shared : place)] = 1;
  } else if (kind === "date") {
    const seconds = typeof value === "number" ? value : column.clock ? clockSeconds(value, column.name) : toSeconds(value, column.name);
    row[first] = (seconds - column.mean) / column.deviation;
    column.cycles.forEach((cycle, i) => {
      const angle = 2 * Math.PI * CYCLES[cycle](seconds / DAY);
      [row[first + 1 + 2 * i], row[first + 2 + 2 * i]] = [Math.sin(angle), Math.cos(angle)];
    });
  }
}

function bringCell(column, numbers) {
  const { kind } = column;
  if (kind === "left out" || Number.isNaN(numbers[0])) return null;
  if (kind === "number") {
    let raw = numbers[0] * column.deviation + column.mean;
    if (column.spread !== undefined) {
      const [low, high] = [column.least, column.greatest].map((end) => Math.asinh((end - column.centre) / column.spread));
      raw = Math.sinh(Math.max(low, Math.min(high, raw))) * column.spread + column.centre;
    }
    return rounded(Math.max(column.least, Math.min(column.greatest, raw)), column.type);
  }
  if (kind === "boolean") return column.type.is === "boolean" ? numbers[0] >= 0.5 : Number(numbers[0] >= 0.5);
  if (kind === "category") {
    const texts = [...column.levels, ...column.shared];
    let best = -1;
    texts.forEach((text, i) => {
      if (text !== null && (best < 0 || numbers[i] > numbers[best])) best = i;
    });
    return texts[best];
  }
  const seconds = Math.max(column.least, Math.min(column.greatest, numbers[0] * column.deviation + column.mean));
  const whole = Math.round(seconds / column.resolution) * column.resolution;
  if (column.clock) return whole;
  return new Date(whole * 1000).toISOString().slice(0, column.days ? 10 : 19).replace("T", " ");
}

function rounded(value, type) {
  if (type.is !== "whole") return value;
  return Math.max(type.least, Math.min(type.greatest, Math.round(value)));
}

function toNumber(value, where, takesGaps = true) {
  if (typeof value === "boolean") return Number(value);
  const words = { true: 1, false: 0 };
  const text = String(value).trim().toLowerCase();
  const number = isMissing(value) ? NaN : text in words ? words[text] : Number(text);
  if (!Number.isFinite(number) && !(takesGaps && isMissing(value))) {
    throw new Error(`${where} holds ${isMissing(value) ? "nothing" : `“${value}”`}, expected a number.`);
  }
  return number;
}

// Hours, minutes and seconds, with days before them or not.
function clockSeconds(text, name) {
  const found = /^\s*(?:(-?\d+) days?,? )?(\d+):(\d+):(\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!found) throw new Error(`column ${name} holds “${text}”, expected a time such as 5:30:00.`);
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return days * DAY + hours * 3600 + minutes * 60 + seconds;
}

function toSeconds(text, name) {
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.trim().replace(" ", "T")}${text.trim().length > 10 ? "Z" : ""}`;
  const milliseconds = Date.parse(zoned);
  if (Number.isNaN(milliseconds)) throw new Error(`column ${name} holds “${text}”, expected a date.`);
  return milliseconds / 1000;
}

// CRC-32, by which levels that were rare find their number.
function checksum(text) {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
