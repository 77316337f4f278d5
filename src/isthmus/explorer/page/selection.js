// Which rows are selected, from where, what sets them apart, and their file.

import { one } from "./elements.js";
import { attempt, showContrast, showSelection } from "./panels.js";

export class Selection {
  // onchange is told of the mask, a byte for each row, null where nothing is selected.
  constructor(source, hello, onchange) {
    Object.assign(this, { source, hello, onchange });
    this.#forget();
  }

  #forget() {
    this.rows = new Uint32Array(0);
    this.mask = this.find = this.lasso = null;
  }

  clear() {
    this.#forget();
    one("selected").hidden = true;
    this.onchange(this);
  }

  async set(rows, { find = null, lasso = null } = {}) {
    if (!rows.length) {
      this.clear();
      return;
    }
    this.rows = rows;
    [this.find, this.lasso] = [find, lasso];
    this.mask = new Uint8Array(this.hello.n_rows);
    for (const row of rows) this.mask[row] = 1;
    this.onchange(this);
    const calls = { download: (format) => this.#download(format), clear: () => this.clear() };
    showSelection(rows.length, this.hello.n_rows, find, this.hello.formats, calls);
    await attempt(async () => {
      const answer = await this.source.ask({ ask: "contrast" }, [rows]);
      if (this.rows === rows) showContrast(this.hello.view, answer);
    });
  }

  // Add a row, or take it out again.
  toggle(row) {
    const rows = new Set(this.rows);
    if (!rows.delete(row)) rows.add(row);
    return this.set(Uint32Array.from(rows).sort());
  }

  #download(format) {
    return attempt(async () => {
      const answer = await this.source.ask({ ask: "download", format }, [this.rows]);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([answer.arrays[0]]));
      link.download = `rows.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
  }
}
