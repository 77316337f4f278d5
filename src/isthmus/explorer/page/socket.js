// Asks the server that the page came from.

import { packMessage, unpackMessage } from "./wire.js";

const ENDED = "The server has ended: start isthmus explore again, and load this page anew.";

export class Socket {
  constructor() {
    const address = new URL("socket", location.href.split("#")[0]);
    address.protocol = "ws:";
    this.waiting = new Map();
    this.number = 0;
    this.onprogress = () => {};
    this.onclosed = () => {};
    this.ws = new WebSocket(address);
    this.ws.binaryType = "arraybuffer";
    this.opened = new Promise((resolve) => this.ws.addEventListener("open", resolve));
    this.ws.addEventListener("message", ({ data }) => this.#receive(unpackMessage(data)));
    this.ws.addEventListener("close", () => this.#end());
  }

  async ask(question, arrays = []) {
    await this.opened;
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.ws.send(packMessage({ ...question, id }, arrays));
    });
  }

  #receive(answer) {
    if (answer.progress) {
      this.onprogress(...answer.progress);
      return;
    }
    const asked = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (!asked) return;
    if (answer.error) asked.reject(new Error(answer.error));
    else asked.resolve(answer);
  }

  #end() {
    for (const { reject } of this.waiting.values()) reject(new Error(ENDED));
    this.waiting.clear();
    this.onclosed(ENDED);
  }
}
