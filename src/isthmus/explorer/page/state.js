// What a link reopens, kept in the address behind its #.

const NUMBERS = { axes: 2, view: 3, spot: null, lasso: null, row: 1 };

export function readState() {
  const state = {};
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    if (!(key in NUMBERS)) {
      state[key] = text;
      continue;
    }
    const numbers = text.split(",").map(Number);
    const wanted = NUMBERS[key] ?? numbers.length;
    if (text && numbers.length === wanted && numbers.every(Number.isFinite)) state[key] = numbers;
  }
  return state;
}

let waiting = null;

export function writeState(state) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const given = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) {
      if (value === null || value === undefined || value === "") continue;
      given.set(key, Array.isArray(value) ? value.map((v) => +v.toPrecision(6)).join() : value);
    }
    const text = given.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", text ? `#${text}` : location.href.split("#")[0]);
  }, 150);
}
