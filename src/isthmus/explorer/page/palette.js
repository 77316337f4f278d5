// Colours of values: twelve that are told apart, and a scale from dark to light.

// Okabe and Ito's, which most eyes tell apart, and some between them.
const LEVELS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b8ab00", "#7f5fc4", "#8c564b", "#3aa655", "#e377c2", "#1f3b73"];
// Points of viridis.
const SCALE = ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
const GREY = "#8a9299"; // of gaps, and of levels without a colour of their own
const GAP = 255;

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

export function levelColour(place, n) {
  return place < n ? LEVELS[place % LEVELS.length] : GREY;
}

function scaleColour(share) {
  const at = share * (SCALE.length - 1);
  const low = Math.min(Math.floor(at), SCALE.length - 2);
  const [a, b] = [rgb(SCALE[low]), rgb(SCALE[low + 1])];
  return a.map((value, i) => value + (at - low) * (b[i] - value));
}

// 256 colours, by the byte that a row has.
export function colourTable(legend, accent) {
  return Array.from({ length: 256 }, (_, byte) => {
    if (!legend) return rgb(accent);
    if (byte === GAP) return rgb(GREY);
    if (legend.kind === "level") return rgb(levelColour(byte, legend.levels.length));
    return scaleColour(byte / 254);
  });
}

export function drawScale(canvas) {
  canvas.width = 255;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  for (let i = 0; i < 255; i++) {
    context.fillStyle = `rgb(${scaleColour(i / 254).map(Math.round).join()})`;
    context.fillRect(i, 0, 1, 1);
  }
}
