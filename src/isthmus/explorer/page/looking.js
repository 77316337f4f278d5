// What is pointed at, and what is kept: a row, or a spot where there is none.

import { numberText, one } from "./elements.js";
import { Latest } from "./latest.js";
import { attempt, showHint, showRow, showSpot } from "./panels.js";

const NEAR = 9; // pixels from a point that still mean it
const ROWS_KEPT = 300;

export class Looking {
  // onkept is told whenever what is kept changes.
  constructor(source, hello, { view, marks, axes }, onkept) {
    Object.assign(this, { source, hello, view, marks, axes, onkept });
    this.grid = null;
    this.known = new Map();
    this.turn = 0;
    this.kept = null; // { row, placement } or { spot }
    this.pointing = new Latest((x, y) => attempt(() => this.#point(x, y)));
  }

  // Points of other axes are there.
  reset(grid) {
    this.grid = grid;
    this.kept = null;
    this.marks.hover = this.marks.kept = this.marks.again = null;
  }

  // The row near a place on the screen: one that was placed, or one of the map; else null.
  near(x, y) {
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

  // The code of a place on the screen: a row's whole code, or what the axes make of the spot.
  async end(x, y) {
    const near = this.near(x, y);
    if (!near) return { code: this.axes.at(...this.view.toData(x, y)), name: "a spot" };
    const { code } = await this.#row(near.row, near.placement);
    return { code, name: `row ${numberText(near.row + 1)}` };
  }

  point(x, y, cross) {
    this.marks.cross = cross;
    this.marks.draw();
    return this.pointing.want(x, y);
  }

  leave() {
    this.pointing.drop();
    this.marks.hover = this.marks.cross = null;
    this.marks.draw();
    if (this.kept) attempt(() => (this.kept.spot ? this.#showSpot(this.kept.spot, true) : this.#show(this.kept, true)));
  }

  keep(x, y) {
    const near = this.near(x, y);
    return near ? this.keepRow(near) : this.keepSpot(this.view.toData(x, y));
  }

  keepRow({ row, placement }) {
    return attempt(async () => {
      this.pointing.drop();
      const answer = await this.#show({ row, placement }, true);
      const [x, y] = this.axes.chosen;
      this.axes.hold(answer.code);
      this.#keep({ row, placement }, [answer.code[x], answer.code[y]]);
    });
  }

  keepSpot(spot) {
    return attempt(async () => {
      this.pointing.drop();
      this.#keep({ spot }, spot);
      await this.#showSpot(spot, true);
    });
  }

  letGo() {
    this.pointing.drop();
    this.turn++;
    this.marks.again = this.marks.cross = null;
    this.#keep(null, null);
    showHint();
  }

  // The sliders of the other numbers have moved.
  decodeAgain() {
    if (this.kept?.spot) this.keepSpot(this.kept.spot);
  }

  #keep(kept, place) {
    this.kept = kept;
    this.marks.kept = place;
    this.marks.draw();
    this.onkept(kept);
  }

  async #point(x, y) {
    const near = this.near(x, y);
    this.marks.hover = near ? near.place : null;
    this.marks.draw();
    if (near) await this.#show(near, false);
    else await this.#showSpot(this.view.toData(x, y), false);
  }

  async #show({ row, placement }, keep) {
    const turn = ++this.turn;
    const answer = await this.#row(row, placement);
    if (turn !== this.turn) return answer; // something else was pointed at meanwhile
    const heading = `Row ${numberText(row + 1)}${placement === undefined ? "" : " of the file"}`;
    showRow(this.hello.view, heading, answer, keep);
    one("look").dataset.row = row;
    this.marks.again = null;
    this.marks.draw();
    return answer;
  }

  async #showSpot(spot, keep) {
    const turn = ++this.turn;
    const answer = await this.source.ask({ ask: "decode", code: this.axes.at(...spot) });
    if (turn !== this.turn) return;
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
}
