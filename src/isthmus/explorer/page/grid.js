// Which point is nearest, and which ones lie inside: points sorted into the cells of a grid.

export class Grid {
  constructor(x, y) {
    this.x = x;
    this.y = y;
    const n = x.length;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      if (x[i] < x0) x0 = x[i];
      if (x[i] > x1) x1 = x[i];
      if (y[i] < y0) y0 = y[i];
      if (y[i] > y1) y1 = y[i];
    }
    this.bounds = [x0, x1, y0, y1];
    this.size = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(n / 4))));
    this.width = (x1 - x0) / this.size || 1;
    this.height = (y1 - y0) / this.size || 1;
    const cell = new Uint32Array(n);
    this.starts = new Uint32Array(this.size * this.size + 1);
    for (let i = 0; i < n; i++) {
      cell[i] = this.#row(y[i]) * this.size + this.#column(x[i]);
      this.starts[cell[i] + 1]++;
    }
    for (let i = 1; i < this.starts.length; i++) this.starts[i] += this.starts[i - 1];
    const next = this.starts.slice();
    this.order = new Uint32Array(n);
    for (let i = 0; i < n; i++) this.order[next[cell[i]]++] = i;
  }

  // The point nearest to a place, no further than these radii; -1 where there is none.
  nearest(px, py, rx, ry) {
    let best = -1;
    let least = 1;
    this.#visit(px - rx, px + rx, py - ry, py + ry, (i) => {
      const distance = ((this.x[i] - px) / rx) ** 2 + ((this.y[i] - py) / ry) ** 2;
      if (distance < least) [best, least] = [i, distance];
    });
    return best;
  }

  // The points inside a polygon, in ascending order.
  inside(polygon) {
    const xs = polygon.map((p) => p[0]);
    const ys = polygon.map((p) => p[1]);
    const found = [];
    this.#visit(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (i) => {
      if (isInside(this.x[i], this.y[i], polygon)) found.push(i);
    });
    return Uint32Array.from(found).sort();
  }

  #visit(left, right, low, high, see) {
    const [x0, x1, y0, y1] = this.bounds;
    if (right < x0 || left > x1 || high < y0 || low > y1) return;
    const last = this.#column(right);
    for (let row = this.#row(low); row <= this.#row(high); row++) {
      const start = this.starts[row * this.size + this.#column(left)];
      const stop = this.starts[row * this.size + last + 1];
      for (let k = start; k < stop; k++) see(this.order[k]);
    }
  }

  #column(x) {
    return Math.max(0, Math.min(this.size - 1, Math.floor((x - this.bounds[0]) / this.width)));
  }

  #row(y) {
    return Math.max(0, Math.min(this.size - 1, Math.floor((y - this.bounds[2]) / this.height)));
  }
}

export function isInside(px, py, polygon) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > py !== yj > py && px < ((xj - xi) * (py - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
