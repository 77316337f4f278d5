// The page: what is asked when, and where the answer goes.

import { Axes } from "./axes.js";
import { make, numberText, one } from "./elements.js";
import { Gestures } from "./gestures.js";
import { Grid } from "./grid.js";
import { Looking } from "./looking.js";
import { Marks } from "./marks.js";
import { colourTable } from "./palette.js";
import { attempt, complain, explain, showHint, showLegend } from "./panels.js";
import { Placing } from "./placing.js";
import { Selection } from "./selection.js";
import { readState, writeState } from "./state.js";
import { View } from "./view.js";
import { Ways } from "./ways.js";

const NONE = "none";
const LASSO_POINTS = 120;

export class Explorer {
  constructor(source) {
    this.source = source;
    this.state = readState();
    this.placements = [];
    source.onprogress = (done, total) => this.#progress(done, total);
    source.onclosed = complain;
  }

  async start() {
    try {
      this.hello = await this.source.ask({ ask: "hello" });
      this.#make();
      await this.#load();
      showHint();
      await this.#reopen();
      this.#listen();
      one("loading").hidden = true;
      // After the frame that was asked for, in which all points are drawn.
      requestAnimationFrame(() => (document.documentElement.dataset.ready = "yes"));
    } catch (error) {
      one("loading-bar").hidden = true;
      one("loading-text").textContent = `This map cannot be shown: ${error.message}`;
    }
  }

  #make() {
    const { hello, source } = this;
    document.title = `${hello.title} · Isthmus`;
    one("title").textContent = hello.title;
    explain(hello);
    one("columns").replaceChildren(...[...hello.columns, ...hello.by, NONE].map((name) => make("option", { value: name })));
    this.view = new View(one("points"), () => this.#moved());
    this.marks = new Marks(one("marks"), this.view);
    const ranges = Array.from({ length: hello.n_components }, (_, i) => Array.from(hello.arrays[0].subarray(4 * i, 4 * i + 4)));
    this.axes = new Axes(hello.code_names, ranges, {
      onaxes: () => this.#load().then(() => this.view.fit()),
      oncode: () => this.looking.decodeAgain(),
      onwalk: (i, least, greatest) => this.ways.along(i, least, greatest),
    });
    this.axes.choose(...(this.state.axes ?? []));
    this.looking = new Looking(source, hello, this, (kept) => this.#kept(kept));
    this.ways = new Ways(source, hello, this, this.looking);
    this.selection = new Selection(source, hello, (selection) => this.#selected(selection));
    this.placing = new Placing(source, hello, (answer) => this.#placed(answer));
    this.view.resize();
  }

  // Fetch the points of the chosen axes.
  async #load() {
    const [x, y] = this.axes.chosen;
    const { arrays } = await this.source.ask({ ask: "axes", x, y });
    this.grid = new Grid(...arrays);
    this.looking.reset(this.grid);
    this.ways.clear();
    this.marks.lasso = null;
    this.view.setPoints(...arrays, this.grid.bounds);
    this.marks.placed = this.placements.map((codes) => this.#onAxes(codes));
    this.#recolour();
    this.#save();
  }

  // What the address says beyond the axes.
  async #reopen() {
    const { view, colour = this.hello.colour, find, lasso, row, spot } = this.state;
    if (view) this.view.look([view[0], view[1]], view[2]);
    else this.view.fit();
    if (colour) await this.colour(colour);
    if (find) await this.find(find);
    else if (lasso?.length >= 6) this.select(Array.from({ length: lasso.length / 2 }, (_, i) => [lasso[2 * i], lasso[2 * i + 1]]));
    if (row && row[0] >= 1 && row[0] <= this.hello.n_rows) await this.looking.keepRow({ row: row[0] - 1 });
    else if (spot?.length === 2) await this.looking.keepSpot(spot);
  }

  #listen() {
    this.gestures = new Gestures(one("marks"), {
      onpoint: (x, y) => this.looking.point(x, y, this.gestures.cross),
      onleave: () => this.looking.leave(),
      onclick: (x, y) => this.looking.keep(x, y),
      onpan: (dx, dy) => this.view.pan(dx, dy),
      onzoom: (x, y, factor) => this.view.zoomAt(x, y, factor),
      onmove: (moving) => this.view.move(moving),
      ondraw: (kind, path) => this.#drawing([kind, path]),
      ondrawn: (kind, path) => this.#drawn(kind, path),
      onkey: (key, cross) => this.#key(key, cross),
    });
    const onclick = (id, act) => one(id).addEventListener("click", act);
    onclick("fit", () => this.view.fit());
    onclick("within", () => this.#selectWithin());
    onclick("help", () => (one("keys").hidden = !one("keys").hidden));
    for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.#tool(button.dataset.tool));
    const colour = one("colour");
    colour.addEventListener("change", () => this.colour(colour.value));
    // The list shows what begins with what is written, so all of it only if nothing is.
    colour.addEventListener("focus", () => (colour.value = ""));
    colour.addEventListener("blur", () => (colour.value = this.state.colour ?? ""));
    one("finder").addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(one("find").value);
    });
    one("find").addEventListener("search", () => one("find").value || this.selection.clear());
    new ResizeObserver(() => {
      this.view.resize();
      this.marks.draw();
    }).observe(one("map"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
  }

  async colour(name) {
    complain("");
    const column = this.hello.columns.indexOf(name);
    const isNone = !name || (name === NONE && column < 0);
    if (!isNone && column < 0 && !this.hello.by.includes(name)) {
      complain(`There is no column “${name}” to colour by: choose one of the list.`);
      return;
    }
    await attempt(async () => {
      const question = column < 0 ? { ask: "colour", by: name } : { ask: "colour", by: null, column };
      this.legend = isNone ? null : await this.source.ask(question);
      // A link says so where no colour was chosen over the one that the page begins with.
      this.state.colour = !isNone ? name : this.hello.colour ? NONE : "";
      one("colour").value = this.state.colour;
      this.#recolour();
      this.#save();
    });
  }

  async find(words) {
    complain("");
    if (!words.trim()) {
      this.selection.clear();
      return;
    }
    await attempt(async () => {
      const [rows] = (await this.source.ask({ ask: "search", text: words })).arrays;
      await this.selection.set(rows, { find: words });
      one("find").value = words;
      if (!rows.length) complain(`No row matches “${words}”.`);
      if (rows.length === 1) await this.looking.keepRow({ row: rows[0] });
    });
  }

  // Select what lies inside a polygon, in data.
  select(polygon) {
    complain("");
    const rows = this.grid.inside(polygon);
    if (!rows.length) complain("No row lies inside.");
    this.selection.set(rows, { lasso: polygon });
  }

  #selectWithin() {
    const [left, top] = this.view.toData(0, 0);
    const [right, low] = this.view.toData(this.view.width, this.view.height);
    this.select([[left, top], [right, top], [right, low], [left, low]]);
  }

  #selected({ rows, mask, find, lasso }) {
    this.marks.lasso = lasso;
    if (!find) one("find").value = "";
    Object.assign(this.state, { find, lasso: lasso?.flat() });
    this.view.setMask(mask);
    this.marks.draw();
    one("spoken").textContent = rows.length ? `${numberText(rows.length)} rows selected` : "";
    this.#save();
  }

  #kept(kept) {
    const ofMap = kept && !kept.spot && kept.placement === undefined;
    Object.assign(this.state, { row: ofMap ? [kept.row + 1] : null, spot: kept?.spot ?? null });
    this.#save();
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

  #drawing(path) {
    this.marks.path = path;
    this.marks.draw();
  }

  #drawn(kind, path) {
    this.#drawing(null);
    // A link holds the lasso, and need not hold every step of the hand.
    const every = Math.ceil(path.length / LASSO_POINTS);
    if (kind === "lasso") this.select(path.filter((_, i) => i % every === 0).map((p) => this.view.toData(...p)));
    else this.ways.between(path[0], path.at(-1));
  }

  #tool(tool) {
    this.gestures.tool = tool;
    this.ways.start = null;
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
    else if (key === "Enter" && this.gestures.tool === "way") this.ways.end(cross);
    else if (key === "Enter") this.looking.keep(...cross);
    else return false;
    return true;
  }

  #toggle(cross) {
    const near = this.looking.near(...cross);
    if (near && near.placement === undefined) this.selection.toggle(near.row);
  }

  #letGo() {
    this.gestures.cross = this.marks.path = null;
    one("keys").hidden = true;
    complain("");
    this.ways.clear();
    this.selection.clear();
    this.looking.letGo();
  }

  #moved() {
    if (!this.marks) return;
    this.state.view = [...this.view.centre, this.view.zoom];
    this.marks.draw();
    this.#save();
  }

  #recolour() {
    const accent = getComputedStyle(document.body).getPropertyValue("--accent").trim();
    const shades = this.legend?.arrays[0] ?? new Uint8Array(this.hello.n_rows);
    this.view.setColours(shades, colourTable(this.legend, accent));
    showLegend(this.legend);
    this.marks.draw();
  }

  #save() {
    const axes = this.hello.n_components > 2 ? this.axes.chosen : null;
    const { view, colour, find, lasso, row, spot } = this.state;
    writeState({ axes, view, colour, find, lasso, row, spot });
  }

  #progress(done, total) {
    one("loading-text").textContent = `Placing ${numberText(done)} of ${numberText(total)} rows …`;
    one("loading-bar").value = done / total;
  }
}
