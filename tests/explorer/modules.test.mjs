// Run by tests/explorer/test_modules.py with Node.

import assert from "node:assert/strict";
import test from "node:test";

const PAGE = "../../src/isthmus/explorer/page";
const { Grid, isInside } = await import(`${PAGE}/grid.js`);
const { Latest } = await import(`${PAGE}/latest.js`);
const { colourTable, levelColour } = await import(`${PAGE}/palette.js`);
const { packMessage, unpackMessage } = await import(`${PAGE}/wire.js`);
const { numberText } = await import(`${PAGE}/elements.js`);

// Numbers that look random and are the same every time.
function* numbers(seed = 1) {
  for (let state = seed; ; yield (state = (state * 16807) % 2147483647) / 2147483647);
}

function points(n) {
  const draw = numbers();
  const next = () => draw.next().value;
  return [Float32Array.from({ length: n }, next), Float32Array.from({ length: n }, () => 10 * next())];
}

test("the nearest point of a grid is the nearest of all", () => {
  const [x, y] = points(3000);
  const grid = new Grid(x, y);
  for (const [u, v] of [[0.5, 5], [0, 0], [1.2, 3], [-5, 5], [0.99, 9.9]]) {
    const [rx, ry] = [0.1, 1];
    let [best, least] = [-1, 1];
    x.forEach((_, i) => {
      const distance = ((x[i] - u) / rx) ** 2 + ((y[i] - v) / ry) ** 2;
      if (distance < least) [best, least] = [i, distance];
    });
    assert.equal(grid.nearest(u, v, rx, ry), best);
  }
});

test("what lies inside a polygon is found, in order", () => {
  const [x, y] = points(2000);
  const star = [[0.5, 1], [0.6, 4], [0.9, 5], [0.6, 6], [0.5, 9], [0.4, 6], [0.1, 5], [0.4, 4]];
  const expected = Array.from(x.keys()).filter((i) => isInside(x[i], y[i], star));
  assert.ok(expected.length > 50);
  assert.deepEqual(Array.from(new Grid(x, y).inside(star)), expected);
  assert.deepEqual(Array.from(new Grid(x, y).inside([[5, 50], [6, 50], [6, 60]])), []);
});

test("points that all lie on one spot make a grid", () => {
  const same = new Float32Array(100).fill(3);
  assert.notEqual(new Grid(same, same).nearest(3, 3, 1, 1), -1);
});

test("messages come back", () => {
  const arrays = [new Uint8Array([1, 2, 3]), new Float32Array([0.5, -1]), new Float64Array([Math.PI])];
  const { buffer } = packMessage({ ask: "größe 🙂" }, arrays);
  const again = unpackMessage(buffer);
  assert.equal(again.ask, "größe 🙂");
  again.arrays.forEach((array, i) => assert.deepEqual(Array.from(array), Array.from(arrays[i])));
});

test("of questions that wait only the latest is asked", async () => {
  const asked = [];
  const latest = new Latest(async (question) => {
    asked.push(question);
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  const first = latest.want(1);
  for (const question of [2, 3, 4]) latest.want(question);
  await first;
  assert.deepEqual(asked, [1, 4]);
});

test("every byte has a colour, and a gap is grey", () => {
  const legend = { kind: "level", levels: ["a", "b"] };
  const colours = colourTable(legend, "#0b6e99");
  assert.equal(colours.length, 256);
  assert.deepEqual(colours[255], colours[2]); // a gap looks like what has no colour of its own
  assert.notDeepEqual(colours[0], colours[1]);
  assert.notEqual(levelColour(0, 2), levelColour(1, 2));
  const scale = colourTable({ kind: "number" }, "#0b6e99");
  assert.ok(scale.every((colour) => colour.every((value) => value >= 0 && value <= 255)));
});

test("numbers are written as people read them", () => {
  assert.equal(numberText(1234567), "1,234,567");
  assert.equal(numberText(0.000123456), "0.0001235");
  assert.equal(numberText(null), "missing");
  assert.equal(numberText(0, true), "1970-01-01");
});
