// Files that the page reads and writes itself: csv, and arrays as NumPy saves them.

// Rows of cells. A cell in quotes may hold anything; two quotes in it are one.
export function readCsv(text) {
  const body = text.replace(/^\ufeff/, "");
  const header = body.slice(0, body.indexOf("\n") + 1 || body.length);
  const separator = [",", ";", "\t"].sort((a, b) => header.split(b).length - header.split(a).length)[0];
  const rows = [];
  let [row, cell, quoted] = [[], "", false];
  const end = () => {
    row.push(cell);
    cell = "";
  };
  for (let i = 0; i < body.length; i++) {
    const letter = body[i];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (body[i + 1] === '"') cell += body[i++];
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) end();
    else if (letter === "\n") {
      end();
      if (row.length > 1 || row[0] !== "") rows.push(row);
      row = [];
    } else if (letter !== "\r") cell += letter;
  }
  end();
  if (row.length > 1 || row[0] !== "") rows.push(row);
  return rows;
}

export function writeCsv(names, rows) {
  const quote = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows].map((row) => `${Array.from(row, quote).join()}\n`).join("");
}

const DTYPES = { "|u1": Uint8Array, "|b1": Uint8Array, "<u2": Uint16Array, "<i4": Int32Array, "<u4": Uint32Array, "<f4": Float32Array, "<f8": Float64Array, "<i8": BigInt64Array };

// The format of NumPy, version 1 to 3.
export function readNpy(bytes) {
  const isNpy = bytes.length > 10 && bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === "NUMPY";
  if (!isNpy) throw new Error("it is no npy file.");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = bytes[6] === 1 ? 10 : 12;
  const stop = start + (bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, stop));
  const kind = DTYPES[/'descr': '([^']+)'/.exec(header)?.[1]];
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1].split(",").filter((part) => part.trim()).map(Number);
  if (!kind || !shape || header.includes("'fortran_order': True")) throw new Error("its dtype or its order of axes is not read here: isthmus explore reads it.");
  const values = new kind(bytes.slice(stop).buffer, 0, shape.reduce((a, b) => a * b, 1));
  return { shape, values: kind === BigInt64Array ? Float64Array.from(values, Number) : values };
}
