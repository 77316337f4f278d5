// The points, drawn into a buffer of pixels: what lies on one pixel is mixed, whatever its order.

import { onceAFrame } from "./frames.js";

const STEP = 4;
const PATIENCE = 24; // milliseconds a frame may take while the map moves, before it gets coarser
const FAINT = 0.12; // of a point that is not selected

const limited = (zoom) => Math.max(0.2, Math.min(zoom, 1e4));

export class View {
  constructor(canvas, onmoved) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onmoved = onmoved;
    this.x = this.y = new Float32Array(0);
    this.shades = this.mask = null;
    this.table = new Float32Array(512 * STEP);
    this.centre = [0, 0];
    this.zoom = 1;
    this.unit = [1, 1];
    this.moving = false;
    this.coarse = false;
    this.lastFrame = 0;
    this.draw = onceAFrame(() => this.#paint());
  }

  // Points, and the ranges that the whole map shows.
  setPoints(x, y, bounds) {
    [this.x, this.y] = [x, y];
    this.bounds = bounds;
    this.#measure();
  }

  setColours(shades, colours) {
    this.shades = shades;
    colours.forEach(([r, g, b], byte) => {
      for (const [offset, weight] of [[0, FAINT], [256, 1]]) {
        this.table.set([r * weight, g * weight, b * weight, weight], (offset + byte) * STEP);
      }
    });
    this.draw();
  }

  // A byte for each point, 1 where it is selected; null where there is no selection.
  setMask(mask) {
    this.mask = mask;
    this.draw();
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    [this.width, this.height] = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
    this.#measure();
  }

  #measure() {
    if (!this.bounds || !this.width) return;
    const [x0, x1, y0, y1] = this.bounds;
    // On a phone the tools lie above the points, and the legend below.
    const above = this.width < 600 ? 190 : 80;
    const [w, h] = [Math.max(40, this.width - 80), Math.max(40, this.height - above)];
    let [kx, ky] = [w / (x1 - x0 || 1), h / (y1 - y0 || 1)];
    // Distances mean the same both ways, unless one axis would be lost.
    if (kx / ky < 6 && ky / kx < 6) kx = ky = Math.min(kx, ky);
    this.unit = [kx, ky];
    this.draw();
  }

  fit() {
    const [x0, x1, y0, y1] = this.bounds;
    this.look([(x0 + x1) / 2, (y0 + y1) / 2], 1);
  }

  look(centre, zoom) {
    this.centre = centre;
    this.zoom = limited(zoom);
    this.draw();
    this.onmoved();
  }

  get scale() {
    return [this.unit[0] * this.zoom, this.unit[1] * this.zoom];
  }

  toScreen(u, v) {
    const [kx, ky] = this.scale;
    return [(u - this.centre[0]) * kx + this.width / 2, this.height / 2 - (v - this.centre[1]) * ky];
  }

  toData(sx, sy) {
    const [kx, ky] = this.scale;
    return [(sx - this.width / 2) / kx + this.centre[0], (this.height / 2 - sy) / ky + this.centre[1]];
  }

  pan(dx, dy) {
    const [kx, ky] = this.scale;
    this.look([this.centre[0] - dx / kx, this.centre[1] + dy / ky], this.zoom);
  }

  zoomAt(sx, sy, factor) {
    const before = this.toData(sx, sy);
    this.zoom = limited(this.zoom * factor);
    const after = this.toData(sx, sy);
    this.look([this.centre[0] + before[0] - after[0], this.centre[1] + before[1] - after[1]], this.zoom);
  }

  // While the map moves, a slow machine draws half as many pixels.
  move(moving) {
    this.moving = moving;
    if (!moving && this.coarse) {
      this.coarse = false;
      this.draw();
    }
  }

  #paint() {
    if (!this.width || !this.shades) return;
    const start = performance.now();
    this.coarse = this.moving && (this.coarse || this.lastFrame > PATIENCE);
    const fine = this.x.length > 2e5 ? 1 : Math.min(2, devicePixelRatio || 1);
    const ratio = this.coarse ? 0.5 : fine;
    const w = Math.round(this.width * ratio);
    const h = Math.round(this.height * ratio);
    if (!this.sums || this.canvas.width !== w || this.canvas.height !== h) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.sums = new Float32Array(w * h * STEP);
      this.image = this.context.createImageData(w, h);
    } else {
      this.sums.fill(0);
    }
    const radius = this.#radius() * ratio;
    if (radius < 0.75) this.#addPixels(w, h, ratio);
    else this.#addDiscs(w, h, ratio, radius);
    this.#mix(w * h, radius);
    this.context.putImageData(this.image, 0, 0);
    this.lastFrame = performance.now() - start;
  }

  #radius() {
    const usual = Math.max(0.5, Math.min(4.5, 4.5 * (500 / this.x.length) ** 0.35));
    return Math.min(6, usual * Math.max(1, Math.sqrt(this.zoom)));
  }

  // Pixels for each unit of the data, and the pixel of its origin.
  #onPixels(w, h, ratio) {
    const [kx, ky] = this.scale.map((k) => k * ratio);
    return [kx, ky, w / 2 - this.centre[0] * kx, h / 2 + this.centre[1] * ky];
  }

  #addPixels(w, h, ratio) {
    const { x, y, shades, mask, table, sums } = this;
    const [kx, ky, ox, oy] = this.#onPixels(w, h, ratio);
    for (let i = 0, n = x.length; i < n; i++) {
      const px = Math.floor(x[i] * kx + ox);
      const py = Math.floor(oy - y[i] * ky);
      if (px < 0 || py < 0 || px >= w || py >= h) continue;
      const p = (py * w + px) * 4;
      const t = (shades[i] + (mask === null ? 256 : mask[i] << 8)) * 4;
      sums[p] += table[t];
      sums[p + 1] += table[t + 1];
      sums[p + 2] += table[t + 2];
      sums[p + 3] += table[t + 3];
    }
  }

  #addDiscs(w, h, ratio, radius) {
    const { x, y, shades, mask, table, sums } = this;
    const [kx, ky, ox, oy] = this.#onPixels(w, h, ratio);
    const reach = Math.ceil(radius);
    for (let i = 0, n = x.length; i < n; i++) {
      const cx = x[i] * kx + ox;
      const cy = oy - y[i] * ky;
      if (cx < -reach || cy < -reach || cx > w + reach || cy > h + reach) continue;
      const t = (shades[i] + (mask === null ? 256 : mask[i] << 8)) * 4;
      const [r, g, b, a] = [table[t], table[t + 1], table[t + 2], table[t + 3]];
      const x0 = Math.max(0, Math.floor(cx - radius));
      const x1 = Math.min(w - 1, Math.floor(cx + radius));
      const y1 = Math.min(h - 1, Math.floor(cy + radius));
      for (let py = Math.max(0, Math.floor(cy - radius)); py <= y1; py++) {
        for (let px = x0; px <= x1; px++) {
          const gap = radius + 0.5 - Math.hypot(px + 0.5 - cx, py + 0.5 - cy);
          if (gap <= 0) continue;
          const share = gap < 1 ? gap : 1;
          const p = (py * w + px) * 4;
          sums[p] += r * share;
          sums[p + 1] += g * share;
          sums[p + 2] += b * share;
          sums[p + 3] += a * share;
        }
      }
    }
  }

  // The mean colour of what lies on a pixel; the more lies there, the less shines through.
  #mix(n, radius) {
    const { sums } = this;
    const pixels = this.image.data;
    const strength = radius < 0.75 ? 0.7 : 1.6;
    for (let i = 0, p = 0; i < n; i++, p += 4) {
      const weight = sums[p + 3];
      if (weight === 0) {
        pixels[p + 3] = 0;
        continue;
      }
      pixels[p] = sums[p] / weight;
      pixels[p + 1] = sums[p + 1] / weight;
      pixels[p + 2] = sums[p + 2] / weight;
      pixels[p + 3] = 255 * (1 - Math.exp(-strength * weight));
    }
  }
}
