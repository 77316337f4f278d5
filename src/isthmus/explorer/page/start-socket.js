// The page of isthmus explore: the server that it came from answers.

import { Explorer } from "./main.js";
import { Socket } from "./socket.js";

// Whoever opens the console may ask it, too.
globalThis.isthmus = new Explorer(new Socket());
globalThis.isthmus.start();
