// What is drawn over the points: rings, the cross, the lasso, the way, rows that were placed.

import { onceAFrame } from "./frames.js";

export class Marks {
  constructor(canvas, view) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.view = view;
    this.hover = this.kept = this.cross = this.again = null; // places: in data, the cross on screen
    this.path = null; // [kind, places on screen]
    this.lasso = null; // places in data
    this.way = null; // places in data
    this.placed = []; // pairs of arrays, in data
    this.draw = onceAFrame(() => this.#paint());
  }

  #paint() {
    const { view, context } = this;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [w, h] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    const style = getComputedStyle(document.body);
    [this.accent, this.ink, this.paper] = [style.getPropertyValue("--accent"), style.color, style.backgroundColor];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    for (const [x, y] of this.placed) x.forEach((u, i) => this.#diamond(...view.toScreen(u, y[i])));
    if (this.lasso && !this.path) this.#line(this.lasso.map((p) => view.toScreen(...p)), true, true);
    if (this.path) this.#line(this.path[1], this.path[0] === "lasso", this.path[0] === "lasso");
    if (this.way) {
      const places = this.way.map((p) => view.toScreen(...p));
      this.#line(places, false, false);
      for (const place of places) this.#dot(place, 3);
    }
    if (this.kept) this.#ring(view.toScreen(...this.kept), 8, 3);
    if (this.hover) this.#ring(view.toScreen(...this.hover), 7, 2);
    if (this.again) this.#dot(view.toScreen(...this.again), 3.5);
    if (this.cross) this.#plus(this.cross);
  }

  // Twice, so that it is seen on light and on dark.
  #stroke(width, trace) {
    const { context } = this;
    for (const [colour, extra] of [[this.paper, 2.5], [this.accent, 0]]) {
      context.strokeStyle = colour;
      context.lineWidth = width + extra;
      context.beginPath();
      trace(context);
      context.stroke();
    }
  }

  #ring([x, y], radius, width) {
    this.#stroke(width, (context) => context.arc(x, y, radius, 0, 7));
  }

  #dot([x, y], radius) {
    this.#ring([x, y], radius / 2, radius);
  }

  #diamond(x, y) {
    this.#stroke(2, (context) => {
      context.moveTo(x, y - 5);
      [[5, 0], [0, 5], [-5, 0]].forEach(([dx, dy]) => context.lineTo(x + dx, y + dy));
      context.closePath();
    });
  }

  #plus([x, y]) {
    this.#stroke(1.5, (context) => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 4 * dx, y + 4 * dy);
        context.lineTo(x + 13 * dx, y + 13 * dy);
      }
    });
  }

  #line(places, closed, filled) {
    this.#stroke(1.5, (context) => {
      places.forEach((place) => context.lineTo(...place));
      if (closed) context.closePath();
    });
    if (!filled) return;
    this.context.globalAlpha = 0.08;
    this.context.fillStyle = this.accent;
    this.context.fill();
    this.context.globalAlpha = 1;
  }
}
