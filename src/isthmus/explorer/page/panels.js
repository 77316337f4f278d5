// What is told beside the map: a row, a spot, a way, a selection, the legend.

import { breakable, make, numberText, one, rowsText, text } from "./elements.js";
import { drawScale, levelColour } from "./palette.js";
import { drawRows } from "./pictures.js";

const STEPS_SHOWN = 5;
const OFF = 0.5; // in the scale that the model sees: half a deviation, or another level

export function showRow(view, heading, answer, keep) {
  one("sentence").hidden = true;
  const [picture, back] = drawRows(view, answer.arrays[0]);
  const facts = `score ${numberText(answer.score)}`;
  one("look").replaceChildren(
    make("h2", {}, heading, make("span", { class: "quiet" }, keep ? `${facts} · kept` : facts)),
    ...(picture ? [pair(view, [picture, "as it is"], [back, "given back"])] : []),
    ...(answer.cells?.length ? [cells(answer.cells, answer.n_more)] : []),
  );
  const said = (answer.cells ?? []).slice(0, 6).map(({ name, value }) => `${name}: ${value ?? "missing"}`);
  one("spoken").textContent = [heading, ...said].join(", ");
}

export function showSpot(view, answer, keep) {
  one("sentence").hidden = true;
  const [picture] = drawRows(view, answer.arrays[0]);
  one("spoken").textContent = "No row here";
  one("look").replaceChildren(
    make("h2", {}, "No row here", keep ? make("span", { class: "quiet" }, "kept") : null),
    make("p", { class: "quiet" }, "What the model makes of this spot:"),
    ...(picture ? [pair(view, [picture, "decoded"])] : []),
    ...(answer.cells?.length ? [cells(answer.cells, 0)] : []),
  );
}

export function showHint() {
  one("look").replaceChildren();
  one("sentence").hidden = false;
}

// The sentence that is there until something is pointed at.
export function explain(hello) {
  one("sentence").textContent =
    `Each point of the map is one of ${rowsText(hello.n_rows)}: point at one to see it beside what the model gives back, ` +
    "or at an empty spot to see what would be there.";
}

function pair(view, ...figures) {
  const drawn = figures.map(([canvas, caption]) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", caption);
    return make("figure", {}, canvas, make("figcaption", {}, caption));
  });
  return make("div", { class: view.kind === "line" ? "pair wide" : "pair" }, ...drawn);
}

function cell(value, isOff) {
  const kind = value === null ? "gap" : isOff ? "off" : "";
  return make("td", { class: kind, dir: "auto" }, make("span", { class: "text" }, value ?? "missing"));
}

function cells(given, nMore) {
  const compares = given.some((entry) => "back" in entry);
  const rows = given.map((entry) =>
    make(
      "tr",
      {},
      make("td", { dir: "auto" }, make("span", { class: "text quiet" }, ...breakable(entry.name))),
      cell(entry.value, false),
      ...(compares ? ["back" in entry ? cell(entry.back, entry.off > OFF && entry.back !== entry.value) : make("td")] : []),
    ),
  );
  const head = ["column", "value", ...(compares ? ["given back"] : [])].map((name) => make("th", {}, name));
  const more = nMore ? make("p", { class: "quiet" }, `The columns that come back worst; ${numberText(nMore)} more are not shown.`) : null;
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)), more);
}

export function showWay(view, heading, answer, onclear) {
  const drawn = drawRows(view, answer.arrays[1]);
  const parts = [make("h2", {}, heading), make("div", { class: "buttons" }, make("button", { type: "button", onclick: onclear }, "Clear"))];
  if (drawn.length) parts.push(make("div", { class: view.kind === "line" ? "pair wide" : "strip" }, ...drawn));
  else if (answer.cells.length) parts.push(steps(answer.cells));
  else parts.push(make("p", { class: "quiet" }, "Nothing changes on this way."));
  one("way").replaceChildren(...parts);
  one("way").hidden = false;
}

function steps(given) {
  const rows = given.map(({ name, values }) => {
    const shown = Array.from({ length: STEPS_SHOWN }, (_, i) => values[Math.round((i * (values.length - 1)) / (STEPS_SHOWN - 1))]);
    return make("tr", {}, make("td", { dir: "auto" }, make("span", { class: "text quiet" }, ...breakable(name))), ...shown.map((value) => cell(value, false)));
  });
  return make("div", { class: "scroll" }, make("table", { class: "steps" }, make("tbody", {}, ...rows)));
}

export function showSelection(count, total, origin, formats, { download, clear }) {
  const buttons = formats.map((format) => make("button", { type: "button", onclick: () => download(format) }, `Save ${format}`));
  one("selected").replaceChildren(
    make("h2", {}, `${rowsText(count)} selected`, make("span", { class: "quiet" }, `of ${numberText(total)}`)),
    origin ? make("p", { class: "quiet" }, "Found by ", text(origin)) : "",
    make("div", { class: "buttons" }, ...buttons, make("button", { type: "button", onclick: clear }, "Clear")),
    make("div", { id: "contrast" }, make("p", { class: "quiet" }, "Comparing …")),
  );
  one("selected").hidden = false;
}

export function showContrast(view, answer) {
  const entries = answer.differences.slice(0, 40).map((difference) => {
    const bar = make("i");
    bar.style.width = `${Math.round(100 * difference.distance)}%`;
    const value = (number) => (difference.level === null ? numberText(number, difference.is_date) : `${Math.round(100 * number)} %`);
    const name = make("div", {}, text(difference.column), difference.level === null ? null : make("span", {}, " = ", text(difference.level)));
    const values = make("div", { class: "values" }, make("span", {}, `here ${value(difference.inside)}`), make("span", {}, `elsewhere ${value(difference.outside)}`));
    return make("li", {}, name, values, make("div", { class: "bar" }, bar));
  });
  const [here, elsewhere] = drawRows(view, answer.arrays[0]);
  one("contrast").replaceChildren(
    ...(here ? [pair(view, [here, "their mean"], [elsewhere, "mean of all others"])] : []),
    ...(entries.length ? [make("p", { class: "quiet" }, "What sets them apart, most telling first:"), make("ol", { class: "contrast" }, ...entries)] : []),
    ...(here || entries.length ? [] : [make("p", { class: "quiet" }, "Nothing sets them apart.")]),
  );
}

export function showLegend(legend) {
  const box = one("legend");
  if (!legend) {
    box.replaceChildren();
    return;
  }
  const title = make("p", {}, text(legend.name));
  if (legend.kind === "level") {
    const entry = (name, colour) => {
      const dot = make("i");
      dot.style.background = colour;
      return make("li", {}, dot, make("span", { class: "text name", dir: "auto" }, name));
    };
    const levels = legend.levels.map((name, place) => entry(name, levelColour(place, legend.levels.length)));
    if (legend.n_others) levels.push(entry(`${numberText(legend.n_others)} others`, levelColour(1, 0)));
    box.replaceChildren(title, make("ul", {}, ...levels));
    return;
  }
  const scale = make("canvas");
  drawScale(scale);
  const isDate = legend.kind === "date";
  const ends = [legend.least, legend.greatest].map((value) => make("span", {}, numberText(value, isDate)));
  box.replaceChildren(title, scale, make("div", { class: "ends" }, ...ends));
}

export function complain(message) {
  one("alert").replaceChildren(message ? text(message) : "");
}

// Do something, and complain of what goes wrong.
export async function attempt(act) {
  try {
    await act();
  } catch (error) {
    complain(error.message);
  }
}
