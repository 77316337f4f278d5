// Mouse, fingers and keys on the map, as what they mean.

const NEAR = 3; // pixels that a click may move
const KEY_STEP = 12;

export class Gestures {
  // calls: onpoint, onleave, onclick, onpan, onzoom, onmove, ondraw, ondrawn, onkey
  constructor(canvas, calls) {
    this.canvas = canvas;
    this.calls = calls;
    this.tool = "move";
    this.pointers = new Map();
    this.cross = null;
    const on = (kind, handle) => canvas.addEventListener(kind, handle);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event));
    on("pointerleave", () => this.pointers.size || calls.onleave());
    on("keydown", (event) => this.#key(event));
    on("keyup", () => calls.onmove(false));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.#place(event));
    this.start = this.#place(event);
    this.dragged = this.pointers.size > 1;
    this.cross = null;
    const other = event.shiftKey ? "lasso" : event.altKey ? "way" : null;
    this.drawing = this.pointers.size > 1 ? null : (other ?? (this.tool === "move" ? null : this.tool));
    this.path = [this.start];
  }

  #move(event) {
    const place = this.#place(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.calls.onpoint(...place);
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
    this.pointers.set(event.pointerId, place);
    if (Math.hypot(place[0] - this.start[0], place[1] - this.start[1]) > NEAR) this.dragged = true;
    if (others.length) {
      const far = (p) => Math.hypot(p[0] - others[0][0], p[1] - others[0][1]) || 1;
      this.calls.onmove(true);
      this.calls.onpan((place[0] - before[0]) / 2, (place[1] - before[1]) / 2);
      this.calls.onzoom((place[0] + others[0][0]) / 2, (place[1] + others[0][1]) / 2, far(place) / far(before));
    } else if (this.drawing && this.dragged) {
      if (this.drawing === "way") this.path[1] = place;
      else this.path.push(place);
      this.calls.ondraw(this.drawing, this.path);
    } else if (this.dragged) {
      this.canvas.classList.add("moving");
      this.calls.onmove(true);
      this.calls.onpan(place[0] - before[0], place[1] - before[1]);
    }
  }

  #up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.pointers.size) return;
    this.canvas.classList.remove("moving");
    this.calls.onmove(false);
    const cancelled = event.type === "pointercancel";
    if (this.drawing && this.dragged && !cancelled) this.calls.ondrawn(this.drawing, this.path);
    else if (!this.dragged && !cancelled) this.calls.onclick(...this.#place(event));
    this.drawing = null;
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.calls.onmove(true);
    this.calls.onzoom(...this.#place(event), Math.exp(-event.deltaY * lines * 0.002));
    clearTimeout(this.still);
    this.still = setTimeout(() => this.calls.onmove(false), 200);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { clientWidth, clientHeight } = this.canvas;
    this.cross ??= [clientWidth / 2, clientHeight / 2];
    const step = event.shiftKey ? 5 * KEY_STEP : KEY_STEP;
    const steps = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in steps) {
      const [dx, dy] = steps[event.key];
      const wanted = [this.cross[0] + dx, this.cross[1] + dy];
      this.cross = [Math.max(0, Math.min(clientWidth, wanted[0])), Math.max(0, Math.min(clientHeight, wanted[1]))];
      // At the edge the map moves instead of the cross.
      if (this.cross[0] !== wanted[0] || this.cross[1] !== wanted[1]) {
        this.calls.onmove(true);
        this.calls.onpan(this.cross[0] - wanted[0], this.cross[1] - wanted[1]);
      }
      this.calls.onpoint(...this.cross);
    } else if (event.key === "+" || event.key === "=") this.calls.onzoom(...this.cross, 1.4);
    else if (event.key === "-") this.calls.onzoom(...this.cross, 1 / 1.4);
    else if (!this.calls.onkey(event.key, this.cross)) return;
    event.preventDefault();
  }
}
