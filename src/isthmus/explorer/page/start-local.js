// The page as a file of its own: it holds what it needs, and asks nobody.

import { one } from "./elements.js";
import { Local } from "./local.js";
import { Explorer } from "./main.js";

const everything = one("everything");
Local.from(everything.textContent).then((local) => {
  everything.remove();
  globalThis.isthmus = new Explorer(local);
  globalThis.isthmus.start();
}, (error) => {
  one("loading-text").textContent = `This map cannot be shown: ${error.message}`;
});
