// The page of isthmus explore: the server that it came from answers.

import { Explorer } from "./main.js";
import { Socket } from "./socket.js";

new Explorer(new Socket()).start();
