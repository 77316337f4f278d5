// The way from one code to another, and what the model makes of what lies between.

import { one } from "./elements.js";
import { attempt, showWay } from "./panels.js";

const STEPS = 15;

export class Ways {
  constructor(source, hello, { view, marks, axes }, looking) {
    Object.assign(this, { source, hello, view, marks, axes, looking });
    this.start = null; // in data, while a second end is awaited
  }

  clear() {
    this.start = this.marks.way = null;
    one("way").hidden = true;
    this.marks.draw();
  }

  // Between two places on the screen; what is near is a row with its whole code.
  async between(first, last) {
    this.start = null;
    const ends = [await this.looking.end(...first), await this.looking.end(...last)];
    const [x, y] = this.axes.chosen;
    this.marks.way = ends.map(({ code }) => [code[x], code[y]]);
    await this.#show(`From ${ends[0].name} to ${ends[1].name}`, ends[0].code, ends[1].code);
  }

  // One end after the other.
  async end(place) {
    if (this.start) {
      await this.between(this.view.toScreen(...this.start), place);
      return;
    }
    this.start = this.view.toData(...place);
    this.marks.way = [this.start];
    this.marks.draw();
  }

  // Along one number of the code, from its least to its greatest value.
  async along(i, least, greatest) {
    const [first, last] = [Array.from(this.axes.code), Array.from(this.axes.code)];
    [first[i], last[i]] = [least, greatest];
    this.marks.way = null;
    await this.#show(`Along ${this.hello.code_names[i]}`, first, last);
  }

  #show(heading, from, to) {
    return attempt(async () => {
      const question = { ask: "between", from: Array.from(from), to: Array.from(to), steps: STEPS };
      const answer = await this.source.ask(question);
      showWay(this.hello.view, heading, answer, () => this.clear());
      this.marks.draw();
    });
  }
}
