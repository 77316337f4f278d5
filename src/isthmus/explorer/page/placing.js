// Rows of a file that is dropped on the page, or chosen.

import { numberText, one, rowsText, text } from "./elements.js";
import { attempt, complain } from "./panels.js";

const MOST_BYTES = 60 * 2 ** 20;

export class Placing {
  // onplaced is told of every file: its number, its rows, and their codes one after the other.
  constructor(source, hello, onplaced) {
    Object.assign(this, { source, hello, onplaced });
    let depth = 0;
    const over = (change) => (event) => {
      event.preventDefault();
      depth = Math.max(0, depth + change);
      one("drop").hidden = depth === 0;
    };
    document.body.addEventListener("dragenter", over(1));
    document.body.addEventListener("dragleave", over(-1));
    document.body.addEventListener("dragover", (event) => event.preventDefault());
    document.body.addEventListener("drop", (event) => {
      over(-depth)(event);
      for (const file of event.dataTransfer.files) this.place(file);
    });
    one("place").addEventListener("click", () => one("file").click());
    one("file").addEventListener("change", () => {
      for (const file of one("file").files) this.place(file);
      one("file").value = "";
    });
  }

  async place(file) {
    complain("");
    if (file.size > MOST_BYTES) {
      complain(`${file.name} has ${numberText(Math.ceil(file.size / 2 ** 20))} MB, and the page takes 60: encode it with isthmus encode.`);
      return;
    }
    await attempt(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const answer = await this.source.ask({ ask: "place", name: file.name }, [bytes]);
      const rows = rowsText(answer.n_rows);
      one("alert").replaceChildren();
      one("spoken").textContent = `${rows} of ${file.name} placed`;
      one("sentence").replaceChildren(`◇ ${rows} of `, text(file.name), ": point at them.");
      one("sentence").hidden = false;
      this.onplaced(answer);
    });
  }
}
