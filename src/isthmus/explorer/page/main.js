// The page: what is asked when, and where the answer goes.

import { Axes } from "./axes.js";
import { make, numberText, one } from "./elements.js";
import { Gestures } from "./gestures.js";
import { Grid } from "./grid.js";
import { Latest } from "./latest.js";
import { Marks } from "./marks.js";
import { colourTable } from "./palette.js";
import { complain, showHint, showLegend, showRow, showSpot, showWay } from "./panels.js";
import { Placing } from "./placing.js";
import { Selection } from "./selection.js";
import { readState, writeState } from "./state.js";
import { View } from "./view.js";

const NEAR = 9; // pixels from a point that still mean it
const WAY_STEPS = 15;
const ROWS_KEPT = 300;

export class Explorer {
  constructor(source) {
    this.source = source;
    this.state = readState();
    this.known = new Map();
    this.placements = [];
    this.kept = null; // { row, placement } or { spot }
    source.onprogress = (done, total) => this.#progress(done, total);
    source.onclosed = () => complain("the server has ended: start isthmus explore again, and load this page anew.");
    this.pointing = new Latest((...place) => this.#point(...place));
  }

  async start() {
    try {
      this.hello = await this.source.ask({ ask: "hello" });
      await this.#open();
      one("loading").hidden = true;
      document.documentElement.dataset.ready = "yes";
    } catch (error) {
      one("loading-bar").hidden = true;
      one("loading-text").textContent = `This map cannot be shown: ${error.message}`;
    }
  }

  async #open() {
    const { hello } = this;
    const rows = `${numberText(hello.n_rows)} ${hello.n_rows === 1 ? "row" : "rows"}`;
    document.title = `${hello.title} · Isthmus`;
    one("title").textContent = hello.title;
    one("sentence").textContent = `Each point is one of ${rows}: point at one to see it beside what ${hello.model} gives back, or at an empty spot to see what would be there.`;
    one("columns").replaceChildren(...[...hello.columns, ...hello.by].map((name) => make("option", { value: name })));
    this.view = new View(one("points"), () => this.#moved());
    this.marks = new Marks(one("marks"), this.view);
    const ranges = Array.from({ length: hello.n_components }, (_, i) => Array.from(hello.arrays[0].subarray(4 * i, 4 * i + 4)));
    this.axes = new Axes(hello.code_names, ranges, {
      onaxes: () => this.#load().then(() => this.view.fit()),
      oncode: () => this.kept?.spot && this.#keepSpot(this.kept.spot),
      onwalk: (i, least, greatest) => this.#walk(i, least, greatest),
    });
    this.axes.choose(...(this.state.axes ?? []));
    this.selection = new Selection(this.source, hello, (selection) => this.#selected(selection));
    this.placing = new Placing(this.source, hello, (placed) => this.#placed(placed));
    new ResizeObserver(() => {
      this.view.resize();
      this.marks.draw();
    }).observe(one("map"));
    this.view.resize();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    await this.#load();
    showHint();
    await this.#reopen();
    this.#listen();
  }

  // Fetch the points of the chosen axes.
  async #load() {
    const [x, y] = this.axes.chosen;
    const { arrays } = await this.source.ask({ ask: "axes", x, y });
    this.grid = new Grid(...arrays);
    this.marks.hover = this.marks.kept = this.marks.way = this.marks.lasso = this.marks.again = null;
    this.kept = null;
    one("way").hidden = true;
    this.view.setPoints(...arrays, this.grid.bounds);
    this.marks.placed = this.placements.map((codes) => this.#onAxes(codes));
    this.#recolour();
    this.#save();
  }

  // What the address says beyond the axes.
  async #reopen() {
    const { view, colour, find, lasso, row, spot } = this.state;
    if (view) this.view.look([view[0], view[1]], view[2]);
    else this.view.fit();
    if (colour) await this.colour(colour);
    if (find) await this.find(find);
    else if (lasso?.length >= 6) this.select(Array.from({ length: lasso.length / 2 }, (_, i) => [lasso[2 * i], lasso[2 * i + 1]]));
    if (row && row[0] >= 1 && row[0] <= this.hello.n_rows) await this.#keepRow({ row: row[0] - 1 });
    else if (spot?.length === 2) await this.#keepSpot(spot);
  }

  #listen() {
    this.gestures = new Gestures(one("marks"), {
      onpoint: (x, y) => this.#hover(x, y),
      onleave: () => this.#leave(),
      onclick: (x, y) => this.#keep(x, y),
      onpan: (dx, dy) => this.view.pan(dx, dy),
      onzoom: (x, y, factor) => this.view.zoomAt(x, y, factor),
      onmove: (moving) => this.view.move(moving),
      ondraw: (kind, path) => this.#drawing(kind, path),
      ondrawn: (kind, path) => this.#drawn(kind, path),
      onkey: (key, cross) => this.#key(key, cross),
    });
    one("intro-close").addEventListener("click", () => (one("intro").hidden = true));
    one("fit").addEventListener("click", () => this.view.fit());
    one("within").addEventListener("click", () => this.#selectWithin());
    one("help").addEventListener("click", () => (one("keys").hidden = !one("keys").hidden));
    for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.#tool(button.dataset.tool));
    one("colour").addEventListener("change", () => this.colour(one("colour").value));
    one("finder").addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(one("find").value);
    });
    one("find").addEventListener("search", () => one("find").value || this.selection.clear());
  }

  async colour(name) {
    one("colour").value = name;
    complain("");
    if (!name) {
      this.legend = this.shades = null;
    } else {
      const column = this.hello.columns.indexOf(name);
      if (column < 0 && !this.hello.by.includes(name)) {
        complain(`there is no column “${name}” to colour by: choose one of the list.`);
        return;
      }
      try {
        const answer = await this.source.ask(column < 0 ? { ask: "colour", by: name } : { ask: "colour", by: null, column });
        [this.legend, this.shades] = [answer, answer.arrays[0]];
      } catch (error) {
        complain(error.message);
        return;
      }
    }
    this.state.colour = name;
    this.#recolour();
    this.#save();
  }

  async find(words) {
    complain("");
    one("find").value = words;
    if (!words.trim()) {
      this.selection.clear();
      return;
    }
    try {
      const [rows] = (await this.source.ask({ ask: "search", text: words })).arrays;
      await this.selection.set(rows, { find: words });
      if (!rows.length) complain(`no row matches “${words}”.`);
      if (rows.length === 1) await this.#keepRow({ row: rows[0] });
    } catch (error) {
      complain(error.message);
    }
  }

  // Select what lies inside a polygon, in data.
  select(polygon) {
    complain("");
    const rows = this.grid.inside(polygon);
    if (!rows.length) complain("no row lies inside.");
    this.selection.set(rows, { lasso: polygon });
  }

  #selected({ rows, mask, find, lasso }) {
    this.marks.lasso = lasso;
    if (!find) one("find").value = "";
    this.state.find = find;
    this.state.lasso = lasso?.flat();
    this.view.setMask(mask);
    this.marks.draw();
    one("spoken").textContent = rows.length ? `${numberText(rows.length)} rows selected` : "";
    this.#save();
  }

  #selectWithin() {
    const [left, top] = this.view.toData(0, 0);
    const [right, low] = this.view.toData(this.view.width, this.view.height);
    this.select([[left, top], [right, top], [right, low], [left, low]]);
  }

  // The row near a place on the screen: one that was placed, or one of the map; else null.
  #near(x, y) {
    const [u, v] = this.view.toData(x, y);
    const [rx, ry] = this.view.scale.map((k) => NEAR / k);
    for (let placement = this.marks.placed.length - 1; placement >= 0; placement--) {
      const [us, vs] = this.marks.placed[placement];
      const row = us.findIndex((w, i) => ((w - u) / rx) ** 2 + ((vs[i] - v) / ry) ** 2 < 1);
      if (row >= 0) return { row, placement, place: [us[row], vs[row]] };
    }
    const row = this.grid.nearest(u, v, rx, ry);
    return row < 0 ? null : { row, place: [this.grid.x[row], this.grid.y[row]] };
  }

  #hover(x, y) {
    this.marks.cross = this.gestures.cross;
    this.marks.draw();
    this.pointing.want(x, y);
  }

  async #point(x, y) {
    const near = this.#near(x, y);
    const spot = this.view.toData(x, y);
    this.marks.hover = near ? near.place : null;
    this.marks.draw();
    try {
      if (near) await this.#show(near, false);
      else await this.#showSpot(spot, false);
    } catch (error) {
      complain(error.message);
    }
  }

  #leave() {
    this.pointing.drop();
    this.marks.hover = this.marks.cross = null;
    this.marks.draw();
    if (this.kept) this.#showKept();
  }

  async #showKept() {
    if (this.kept.spot) await this.#showSpot(this.kept.spot, true);
    else await this.#show(this.kept, true);
  }

  async #show({ row, placement }, keep) {
    const answer = await this.#row(row, placement);
    this.marks.again = null;
    const heading = placement === undefined ? `Row ${numberText(row + 1)}` : `Row ${numberText(row + 1)} of the file`;
    showRow(this.hello.view, heading, answer, keep);
    one("look").dataset.row = row;
    this.marks.draw();
    return answer;
  }

  async #showSpot(spot, keep) {
    const answer = await this.source.ask({ ask: "decode", code: this.axes.at(...spot) });
    const [x, y] = this.axes.chosen;
    // Where the model would put what it made: far from the spot, it is not to be trusted there.
    this.marks.again = answer.again ? [answer.again[x], answer.again[y]] : null;
    showSpot(this.hello.view, answer, keep);
    one("look").dataset.row = "";
    this.marks.draw();
  }

  async #row(row, placement) {
    const key = `${placement}:${row}`;
    if (!this.known.has(key)) {
      const answer = await this.source.ask({ ask: "row", position: row, placement: placement ?? null });
      if (this.known.size > ROWS_KEPT) this.known.delete(this.known.keys().next().value);
      this.known.set(key, answer);
    }
    return this.known.get(key);
  }

  async #keep(x, y) {
    const near = this.#near(x, y);
    try {
      if (near) await this.#keepRow(near);
      else await this.#keepSpot(this.view.toData(x, y));
    } catch (error) {
      complain(error.message);
    }
  }

  async #keepRow({ row, placement }) {
    this.pointing.drop();
    const answer = await this.#show({ row, placement }, true);
    this.kept = { row, placement };
    const [x, y] = this.axes.chosen;
    this.marks.kept = [answer.code[x], answer.code[y]];
    this.axes.hold(answer.code);
    this.state.row = placement === undefined ? [row + 1] : null;
    this.state.spot = null;
    this.marks.draw();
    this.#save();
  }

  async #keepSpot(spot) {
    this.pointing.drop();
    this.kept = { spot };
    this.marks.kept = spot;
    this.state.spot = spot;
    this.state.row = null;
    this.marks.draw();
    await this.#showSpot(spot, true);
    this.#save();
  }

  #letGo() {
    this.kept = null;
    this.marks.kept = this.marks.path = this.marks.cross = this.marks.again = null;
    if (this.gestures) this.gestures.cross = null;
    this.state.row = this.state.spot = null;
    this.#clearWay();
    this.selection.clear();
    complain("");
    showHint();
    one("keys").hidden = true;
    this.marks.draw();
    this.#save();
  }

  #clearWay() {
    this.marks.way = null;
    this.wayStart = null;
    one("way").hidden = true;
    this.marks.draw();
  }

  #drawing(kind, path) {
    this.marks.path = [kind, path];
    this.marks.draw();
  }

  #drawn(kind, path) {
    this.marks.path = null;
    if (kind === "lasso") this.select(path.map((p) => this.view.toData(...p)));
    else this.#between(path[0], path.at(-1));
  }

  // The way from one place on the screen to another; what is near is a row with its whole code.
  async #between(first, last) {
    const ends = [];
    for (const place of [first, last]) {
      const near = this.#near(...place);
      const code = near ? (await this.#row(near.row, near.placement)).code : this.axes.at(...this.view.toData(...place));
      const name = near ? `row ${numberText(near.row + 1)}` : "a spot";
      ends.push({ code, name });
    }
    const [x, y] = this.axes.chosen;
    this.marks.way = ends.map(({ code }) => [code[x], code[y]]);
    await this.#way(`From ${ends[0].name} to ${ends[1].name}`, ends[0].code, ends[1].code);
  }

  // Along one number of the code, from its least to its greatest value.
  async #walk(i, least, greatest) {
    const [first, last] = [Array.from(this.axes.code), Array.from(this.axes.code)];
    [first[i], last[i]] = [least, greatest];
    this.marks.way = null;
    await this.#way(`Along ${this.hello.code_names[i]}`, first, last);
  }

  async #way(heading, from, to) {
    try {
      const answer = await this.source.ask({ ask: "between", from: Array.from(from), to: Array.from(to), steps: WAY_STEPS });
      showWay(this.hello.view, heading, answer, () => this.#clearWay());
      this.marks.draw();
    } catch (error) {
      complain(error.message);
    }
  }

  #placed({ arrays }) {
    this.placements.push(arrays[0]);
    this.marks.placed = this.placements.map((codes) => this.#onAxes(codes));
    this.marks.draw();
  }

  #onAxes(codes) {
    const k = this.hello.n_components;
    return this.axes.chosen.map((axis) => Float32Array.from({ length: codes.length / k }, (_, i) => codes[i * k + axis]));
  }

  #tool(tool) {
    this.gestures.tool = tool;
    this.wayStart = null;
    for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === tool);
  }

  #key(key, cross) {
    const tools = { v: "move", l: "lasso", w: "way" };
    const letter = key.length === 1 ? key.toLowerCase() : key;
    if (letter in tools) this.#tool(tools[letter]);
    else if (key === "0") this.view.fit();
    else if (letter === "a") this.#selectWithin();
    else if (key === "?") one("help").click();
    else if (key === "/") one("find").focus();
    else if (key === "Escape") this.#letGo();
    else if (key === " ") this.#toggle(cross);
    else if (key === "Enter" && this.gestures.tool === "way") this.#wayEnd(cross);
    else if (key === "Enter") this.#keep(...cross);
    else return false;
    return true;
  }

  #toggle(cross) {
    const near = this.#near(...cross);
    if (near && near.placement === undefined) this.selection.toggle(near.row);
  }

  #wayEnd(cross) {
    if (this.wayStart) {
      this.#between(this.view.toScreen(...this.wayStart), cross);
      this.wayStart = null;
    } else {
      this.wayStart = this.view.toData(...cross);
      this.marks.way = [this.wayStart];
      this.marks.draw();
    }
  }

  #moved() {
    if (!this.marks) return;
    this.state.view = [...this.view.centre, this.view.zoom];
    this.marks.draw();
    this.#save();
  }

  #recolour() {
    const accent = getComputedStyle(document.body).getPropertyValue("--accent").trim();
    const shades = this.shades ?? new Uint8Array(this.hello.n_rows);
    this.view.setColours(shades, colourTable(this.legend, accent));
    showLegend(this.legend);
    this.marks.draw();
  }

  #save() {
    const { axes, view, colour, find, lasso, row, spot } = { ...this.state, axes: this.hello.n_components > 2 ? this.axes.chosen : null };
    writeState({ axes, view, colour, find, lasso, row, spot });
  }

  #progress(done, total) {
    one("loading-text").textContent = `Placing ${numberText(done)} of ${numberText(total)} rows …`;
    one("loading-bar").value = done / total;
  }
}
