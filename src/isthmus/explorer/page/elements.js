// Elements whose texts are texts: what comes from data is never read as markup.

export const one = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const text = (value, kind = "") => make("span", { class: `name ${kind}`, dir: "auto" }, String(value));

// Lines of a name end after dots and dashes rather than within a word.
export const breakable = (name) => String(name).split(/(?<=[._/:-])/).flatMap((part) => [part, make("wbr")]);

export function numberText(value, isDate = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return "missing";
  if (isDate) return new Date(value * 1000).toISOString().replace("T00:00:00.000Z", "").replace(".000Z", "");
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en");
  return String(+value.toPrecision(4));
}

export const rowsText = (n) => `${numberText(n)} ${n === 1 ? "row" : "rows"}`;
