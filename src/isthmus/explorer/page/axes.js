// Codes of more than two numbers: which two are drawn, and where the others are held.

import { make, one, text } from "./elements.js";

const SLIDERS = 24;

export class Axes {
  // ranges: for each number of a code its least, greatest, median and spread.
  constructor(names, ranges, { onaxes, oncode, onwalk }) {
    this.names = names;
    this.ranges = ranges;
    this.code = Float32Array.from(ranges, (range) => range[2]);
    this.byspread = names.map((_, i) => i).sort((a, b) => ranges[b][3] - ranges[a][3]);
    this.calls = { onaxes, oncode, onwalk };
    this.chosen = names.length > 2 ? this.byspread.slice(0, 2).sort((a, b) => a - b) : [0, 1];
  }

  choose(x, y) {
    const isAxis = (i) => Number.isInteger(i) && i >= 0 && i < this.names.length;
    if (isAxis(x) && isAxis(y) && x !== y) this.chosen = [x, y];
    this.show();
  }

  // The code of a place on the map: the other numbers are as the sliders say.
  at(u, v) {
    const code = Array.from(this.code);
    [code[this.chosen[0]], code[this.chosen[1]]] = [u, v];
    return code;
  }

  hold(code) {
    this.code = Float32Array.from(code);
    this.show();
  }

  show() {
    one("x-name").textContent = `${this.names[this.chosen[0]]} →`;
    one("y-name").textContent = `${this.names[this.chosen[1]]} →`;
    if (this.names.length <= 2) return;
    one("axes").hidden = false;
    const focused = document.activeElement?.id;
    const others = this.byspread.filter((i) => !this.chosen.includes(i)).slice(0, SLIDERS);
    const hidden = this.names.length - 2 - others.length;
    one("axes-body").replaceChildren(
      make("div", { class: "choice" }, this.#select(0, "across"), this.#select(1, "up")),
      make("p", { class: "quiet" }, "An empty spot is decoded with the other numbers held here:"),
      ...others.map((i) => this.#slider(i)),
      hidden ? make("p", { class: "quiet" }, `${hidden} numbers that vary least are held at their medians.`) : "",
    );
    if (focused) one(focused)?.focus();
  }

  #select(which, label) {
    const options = this.names.map((name, i) => make("option", { value: i, selected: i === this.chosen[which] }, name));
    const change = (event) => {
      const chosen = this.chosen.slice();
      const taken = Number(event.target.value);
      if (chosen[1 - which] === taken) chosen[1 - which] = chosen[which];
      chosen[which] = taken;
      this.choose(...chosen);
      this.calls.onaxes();
    };
    return make("label", {}, make("span", { class: "quiet" }, label), make("select", { id: `axis-${label}`, onchange: change }, ...options));
  }

  #slider(i) {
    const [least, greatest] = this.ranges[i];
    const shown = make("output", {}, this.code[i].toPrecision(3));
    const input = (event) => {
      this.code[i] = Number(event.target.value);
      shown.textContent = this.code[i].toPrecision(3);
      this.calls.oncode();
    };
    const range = make("input", { type: "range", id: `code-${i}`, min: least, max: greatest, step: (greatest - least) / 200 || 1, oninput: input });
    range.value = this.code[i];
    const walk = make("button", { type: "button", title: "Show the way along this number", onclick: () => this.calls.onwalk(i, least, greatest) }, "Walk");
    return make("div", { class: "slider" }, make("label", { for: `code-${i}` }, text(this.names[i])), range, shown, walk);
  }
}
