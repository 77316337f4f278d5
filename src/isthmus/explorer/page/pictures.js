// Rows as pictures and as lines.

import { make } from "./elements.js";

function drawPicture(pixels, [height, width, channels]) {
  const canvas = make("canvas", { class: "picture", width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * channels + (channels < 3 ? 0 : c)];
    image.data[4 * i + 3] = channels === 4 ? pixels[4 * i + 3] : 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// Lines (lines, length) of one row, on an axis that other rows may share.
function drawLines(values, [n, length], [least, greatest]) {
  const canvas = make("canvas", { width: 560, height: 200 });
  const context = canvas.getContext("2d");
  const style = getComputedStyle(document.body);
  for (let line = 0; line < n; line++) {
    context.strokeStyle = line ? style.color : style.getPropertyValue("--accent");
    context.lineWidth = 2;
    context.beginPath();
    for (let i = 0; i < length; i++) {
      const y = 190 - (180 * (values[line * length + i] - least)) / (greatest - least || 1);
      context.lineTo((560 * i) / Math.max(1, length - 1), y);
    }
    context.stroke();
  }
  return canvas;
}

// All rows of an answer, as canvases.
export function drawRows(view, array) {
  if (view.kind === "cells" || !array) return [];
  const size = view.shape.reduce((a, b) => a * b, 1);
  const count = array.length / size;
  const parts = Array.from({ length: count }, (_, i) => array.subarray(i * size, (i + 1) * size));
  if (view.kind === "picture") return parts.map((part) => drawPicture(part, view.shape));
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of array) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return parts.map((part) => drawLines(part, view.shape, [least, greatest]));
}
