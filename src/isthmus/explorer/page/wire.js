// Messages: a header in JSON and arrays behind it, as isthmus.explorer.messages writes them.

const KINDS = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
const NAMES = new Map(Object.entries(KINDS).map(([name, kind]) => [kind, name]));

const filled = (size) => (8 - (size % 8)) % 8;

export function packMessage(header, arrays = []) {
  const told = arrays.map((array) => ({ dtype: NAMES.get(array.constructor), shape: [array.length] }));
  let text = new TextEncoder().encode(JSON.stringify({ ...header, arrays: told }));
  const start = 4 + text.length + filled(4 + text.length);
  const size = arrays.reduce((sum, array) => sum + array.byteLength + filled(array.byteLength), start);
  const message = new Uint8Array(size);
  message.fill(32, 4, start);
  message.set(text, 4);
  new DataView(message.buffer).setUint32(0, start - 4, true);
  let place = start;
  for (const array of arrays) {
    message.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), place);
    place += array.byteLength + filled(array.byteLength);
  }
  return message;
}

export function unpackMessage(buffer) {
  let place = 4 + new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, place - 4)));
  const arrays = header.arrays.map(({ dtype, shape }) => {
    const array = new KINDS[dtype](buffer, place, shape.reduce((a, b) => a * b, 1));
    array.shape = shape;
    place += array.byteLength + filled(array.byteLength);
    return array;
  });
  return { ...header, arrays };
}
