// Runs a model's steps, as isthmus.explorer.program writes them, on one row or code at a time.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const elu = (x) => (x > 0 ? x : Math.expm1(x));

const ACTIVATIONS = {
  elu,
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  identity: (x) => x,
  relu: (x) => Math.max(x, 0),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  tanh: Math.tanh,
};

export function runSteps(steps, arrays, x) {
  return steps.reduce((value, step) => STEPS[step.do](value, step, arrays), Float64Array.from(x));
}

// x W without the bias, W (inputs, outputs) in whole numbers.
function product(x, step, arrays) {
  const [weight, scale] = [arrays[step.weight], arrays[step.scale]];
  const n = scale.length;
  const sums = new Float64Array(n);
  for (let i = 0, k = 0; i < x.length; i++, k += n) {
    const value = x[i];
    if (value !== 0) for (let j = 0; j < n; j++) sums[j] += value * weight[k + j];
  }
  for (let j = 0; j < n; j++) sums[j] *= scale[j];
  return sums;
}

const STEPS = {
  affine(x, step, arrays) {
    const bias = arrays[step.bias];
    return product(x, step, arrays).map((sum, j) => sum + bias[j]);
  },
  activate(x, { name }) {
    return name === "identity" ? x : x.map(ACTIVATIONS[name]);
  },
  subtract(x, { array }, arrays) {
    return x.map((value, i) => value - arrays[array][i]);
  },
  add(x, { ways }, arrays) {
    const [first, ...others] = ways.map((steps) => runSteps(steps, arrays, x));
    return first.map((value, i) => others.reduce((sum, other) => sum + other[i], value));
  },
  "fill gaps"(x, { told }) {
    const filled = Array.from(x, (value) => (Number.isNaN(value) ? 0 : value));
    return Float64Array.from([...filled, ...told.map((i) => (Number.isNaN(x[i]) ? 1 : 0))]);
  },
  "first half"(x) {
    return x.slice(0, x.length / 2);
  },
  first(x, { n }) {
    return x.slice(0, n);
  },
  largest(x, { k }) {
    const least = Array.from(x).sort((a, b) => b - a)[k - 1];
    return x.map((value) => (value >= least ? value : 0));
  },
  threshold(x, { array }, arrays) {
    const thresholds = arrays[array];
    return x.map((value, i) => (value > thresholds[thresholds.length > 1 ? i : 0] ? value : 0));
  },
  shares(x, { numbers, booleans, runs, n }) {
    const means = x.slice(0, n);
    for (let i = numbers; i < numbers + booleans; i++) means[i] = sigmoid(x[i]);
    let start = numbers + booleans;
    for (const [width, count] of runs) {
      for (let c = 0; c < count; c++, start += width) softmax(means.subarray(start, start + width));
    }
    return means;
  },
  normalize(x, { scale, shift, least }, arrays) {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + least)) * arrays[scale][i] + arrays[shift][i]);
  },
  // The mean of the landmarks around the spot near which most is likely, by how likely each is.
  place(x, step, arrays) {
    const landmarks = arrays[step.landmarks];
    const size = landmarks.length / step.n;
    const spot = (i) => landmarks.subarray(i * size, (i + 1) * size);
    const likely = Float64Array.from(x);
    softmax(likely);
    const masses = new Float64Array(step.n); // of every so many landmarks
    likely.forEach((mass, i) => {
      if (mass < LEAST_MASS) return;
      const fading = distances(spot(i), step, landmarks);
      for (let k = 0; k < step.n; k += step.every) masses[k] += mass * Math.exp(-fading[k] / step.search);
    });
    const best = masses.reduce((found, value, i) => (value > masses[found] ? i : found), 0);
    const fading = distances(spot(best), step, landmarks);
    const weights = Float64Array.from(x, (value, i) => value - fading[i] / step.mean);
    softmax(weights);
    const place = new Float64Array(size);
    weights.forEach((weight, i) => place.forEach((_, a) => (place[a] += weight * landmarks[i * size + a])));
    return place;
  },
  "landmark shares"(z, step, arrays) {
    const shares = distances(z, step, arrays[step.landmarks]).map((distance) => -distance);
    softmax(shares);
    return shares;
  },
  convolve(x, step, arrays) {
    const { fine, coarse, kernel } = step;
    const channels = x.length / (fine[0] * fine[1]);
    const bias = arrays[step.bias];
    const result = new Float64Array(coarse[0] * coarse[1] * bias.length);
    const patch = new Float64Array(kernel[0] * kernel[1] * channels);
    for (let place = 0; place < coarse[0] * coarse[1]; place++) {
      patch.fill(0);
      underKernel(step, place, (tap, pixel) => {
        for (let c = 0; c < channels; c++) patch[tap * channels + c] = x[pixel * channels + c];
      });
      const sums = product(patch, step, arrays);
      for (let c = 0; c < bias.length; c++) result[place * bias.length + c] = sums[c] + bias[c];
    }
    return result;
  },
  "convolve back"(x, step, arrays) {
    const { fine, coarse, channels } = step;
    const inner = x.length / (coarse[0] * coarse[1]);
    const bias = arrays[step.bias];
    const result = new Float64Array(fine[0] * fine[1] * channels);
    for (let place = 0; place < coarse[0] * coarse[1]; place++) {
      const sums = product(x.subarray(place * inner, (place + 1) * inner), step, arrays);
      underKernel(step, place, (tap, pixel) => {
        for (let c = 0; c < channels; c++) result[pixel * channels + c] += sums[tap * channels + c];
      });
    }
    return result.map((value, i) => value + bias[i % channels]);
  },
  // All features' first parameters come first, then their second ones.
  "split channels"(x, { pixels, channels }) {
    const kinds = x.length / (pixels * channels);
    if (kinds === 1) return x;
    return x.map((_, i) => {
      const [kind, rest] = [Math.floor(i / (pixels * channels)), i % (pixels * channels)];
      return x[(Math.floor(rest / channels) * kinds + kind) * channels + (rest % channels)];
    });
  },
};

// Landmarks that are less likely change no mass that a row could be placed by.
const LEAST_MASS = 1e-7;

// How far landmarks are from a spot, squared, in their own units.
function distances(z, { n, sharpness }, landmarks) {
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let a = 0; a < z.length; a++) sum += (z[a] - landmarks[i * z.length + a]) ** 2;
    return sharpness * sum;
  });
}

function softmax(values) {
  const greatest = Math.max(...values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - greatest);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
}

// The pixels of the fine image that lie under the kernel at a place of the coarse one.
function underKernel({ fine, coarse, kernel, stride }, place, see) {
  const before = [0, 1].map((a) => Math.floor(Math.max((Math.ceil(fine[a] / stride[a]) - 1) * stride[a] + kernel[a] - fine[a], 0) / 2));
  const top = Math.floor(place / coarse[1]) * stride[0] - before[0];
  const left = (place % coarse[1]) * stride[1] - before[1];
  for (let dy = 0; dy < kernel[0]; dy++) {
    for (let dx = 0; dx < kernel[1]; dx++) {
      const [y, x] = [top + dy, left + dx];
      if (y >= 0 && x >= 0 && y < fine[0] && x < fine[1]) see(dy * kernel[1] + dx, y * fine[1] + x);
    }
  }
}
