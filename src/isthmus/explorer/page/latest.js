// One question at a time, and of those that wait only the latest.

export class Latest {
  constructor(ask) {
    this.ask = ask;
    this.busy = false;
    this.next = null;
  }

  // Forget what waits.
  drop() {
    this.next = null;
  }

  async want(...question) {
    this.next = question;
    if (this.busy) return;
    this.busy = true;
    while (this.next) {
      const asked = this.next;
      this.next = null;
      await this.ask(...asked);
    }
    this.busy = false;
  }
}
