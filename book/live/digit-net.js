// Networks that read digits, layer by layer, with every sum that they make. No DOM in this file.
// A dense layer is a convolution whose window is all that is below it, so there is no other kind
// of layer with weights. Numbers lie as in Keras: row, column, channel.
const digitNet = (() => {
  const EPSILON = 1e-3; // as in Keras' BatchNormalization
  // `place` is a layer's place in Keras' model, `norm` that of the normalisation behind it, `fold` of
  // one folded into its weights. ReLU comes at once, or never (`linear`), or last (`bendsLast`).
  const STAGES = {
    lenet5: [
      { name: "C1", kind: "sum", place: 0, same: true },
      { name: "S2", kind: "mean", norm: 2 },
      { name: "C3", kind: "sum", place: 3 },
      { name: "S4", kind: "mean", norm: 5 },
      { name: "C5", kind: "sum", place: 7, norm: 8 },
      { name: "F6", kind: "sum", place: 9, norm: 10 },
      { name: "output", kind: "sum", place: 11, last: true },
    ],
    "one-kernel": [
      { name: "map", kind: "sum", place: 0 },
      { name: "pooled", kind: "largest" },
      { name: "output", kind: "sum", place: 3, last: true },
    ],
    compact: [
      { name: "C1", kind: "sum", place: 0, step: 2, fold: 1 },
      { name: "C2", kind: "sum", place: 3, linear: true },
      { name: "P2", kind: "largest", norm: 5, bendsLast: true },
      { name: "C3", kind: "sum", place: 7, fold: 8 },
      { name: "output", kind: "sum", place: 11, last: true },
    ],
  };

  // A normalisation that is trained is one factor and one shift a channel.
  function factors(table, place) {
    if (place === undefined) return {};
    const [gamma, beta, mean, variance] = ["gamma", "beta", "moving_mean", "moving_variance"].map(
      (part) => table[`${place}_${part}`].values,
    );
    const factor = gamma.map((one, c) => one / Math.sqrt(variance[c] + EPSILON));
    return { factor, shift: beta.map((one, c) => one - mean[c] * factor[c]) };
  }

  // Give a stage its weights and shapes; `below` is the shape of what it reads.
  function equipped(stage, table, below) {
    const { place, same, fold, norm } = stage;
    const { shape, values } = table[`${place}_kernel`] ?? { shape: [2, 2, 1, below[2]] };
    const step = stage.step ?? (values ? 1 : 2);
    const side = shape.length === 4 ? shape.slice(0, 2) : below.slice(0, 2);
    const edge = same ? (side[0] - 1) / 2 : 0;
    const out = side.map((window, k) => Math.floor((below[k] + 2 * edge - window) / step) + 1);
    out.push(shape.at(-1));
    const bias = table[`${place}_bias`]?.values ?? new Float64Array(out[2]);
    const sum = values && folded(values, bias, factors(table, fold));
    return { ...stage, below, side, step, edge, out, ...sum, ...factors(table, norm) };
  }

  // factor (kernel x + bias) + shift is a sum again, with another kernel and another bias.
  function folded(kernel, bias, { factor, shift }) {
    if (!factor) return { kernel, bias };
    return {
      kernel: kernel.map((one, at) => one * factor[at % factor.length]),
      bias: bias.map((one, c) => one * factor[c] + shift[c]),
    };
  }

  // Return the stages of a network whose weights a chapter exported.
  function network(name, table) {
    let shape = [28, 28, 1];
    return STAGES[name].map((stage) => {
      const made = equipped(stage, table, shape);
      shape = made.out;
      return made;
    });
  }

  // All sums of a convolution: bias and products, in the order of Keras.
  function sums({ kernel, bias, below, side, step, edge, out }, x) {
    const [[height, width, channels], [rows, columns, filters]] = [below, out];
    const z = new Float64Array(rows * columns * filters);
    for (let i = 0, at = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at += filters) {
        for (let f = 0; f < filters; f++) z[at + f] = bias[f];
        for (let u = 0; u < side[0]; u++) {
          for (let v = 0; v < side[1]; v++) {
            const [row, column] = [i * step + u - edge, j * step + v - edge];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const from = (row * width + column) * channels;
            const weights = (u * side[1] + v) * channels * filters;
            for (let c = 0; c < channels; c++) {
              const value = x[from + c];
              if (!value) continue;
              const w = weights + c * filters;
              for (let f = 0; f < filters; f++) z[at + f] += value * kernel[w + f];
            }
          }
        }
      }
    }
    return z;
  }

  function pooled({ kind, below: [, width, channels], out }, x) {
    return Float64Array.from({ length: out[0] * out[1] * channels }, (_, at) => {
      const first = corner(at, out);
      const start = (2 * first.row * width + 2 * first.column) * channels + first.channel;
      const four = [0, 1, width, width + 1].map((by) => x[start + by * channels]);
      return kind === "mean" ? (four[0] + four[1] + four[2] + four[3]) / 4 : Math.max(...four);
    });
  }

  const corner = (at, [, width, channels]) => ({
    row: Math.floor(at / (width * channels)),
    column: Math.floor(at / channels) % width,
    channel: at % channels,
  });

  function softmax(z) {
    const largest = Math.max(...z);
    const powers = z.map((one) => Math.exp(one - largest));
    const total = powers.reduce((sum, one) => sum + one, 0);
    return powers.map((one) => one / total);
  }

  const relu = (values) => values.map((one) => Math.max(one, 0));

  function normalised(values, { factor, shift }) {
    if (!factor) return values;
    return values.map((one, at) => one * factor[at % factor.length] + shift[at % factor.length]);
  }

  // Return, for each stage, its sums `z`, what the bend makes of them, and what is handed on.
  function forward(stages, picture) {
    let x = picture;
    return stages.map((stage) => {
      const { kind, last, linear, bendsLast } = stage;
      const z = kind === "sum" ? sums(stage, x) : pooled(stage, x);
      const bent = last ? softmax(z) : kind === "sum" && !linear ? relu(z) : z;
      x = normalised(bent, stage);
      if (bendsLast) x = relu(x);
      return { z, bent, out: x };
    });
  }

  // What one value is made of: for each place of its window, row by row and channel by channel, the
  // place below (-1 outside the picture), the value there, and its weight.
  function terms({ kind, kernel, below: [height, width, channels], side, step, edge, out }, x, at) {
    const { row, column, channel } = corner(at, out);
    const list = [];
    for (let u = 0; u < side[0]; u++) {
      for (let v = 0; v < side[1]; v++) {
        const [i, j] = [row * step + u - edge, column * step + v - edge];
        const inside = i >= 0 && i < height && j >= 0 && j < width;
        for (let c = 0; c < channels; c++) {
          if (kind !== "sum" && c !== channel) continue;
          const p = inside ? (i * width + j) * channels + c : -1;
          const weight =
            kind === "sum" ? kernel[((u * side[1] + v) * channels + c) * out[2] + channel] : 1 / 4;
          list.push({ p, c, value: p < 0 ? 0 : x[p], weight });
        }
      }
    }
    return list;
  }

  // Rows and columns of the picture that a value can see: [top, left, bottom, right].
  function field(stages, at, corners) {
    const { row, column } = corner(corners, stages[at].out);
    let [top, left, bottom, right] = [row, column, row + 1, column + 1];
    for (const { side, step, edge } of stages.slice(0, at + 1).reverse()) {
      [top, left] = [top, left].map((from) => from * step - edge);
      bottom = (bottom - 1) * step - edge + side[0];
      right = (right - 1) * step - edge + side[1];
    }
    return [Math.max(top, 0), Math.max(left, 0), Math.min(bottom, 28), Math.min(right, 28)];
  }

  // How much of a class's probability is lost where a square is covered; nothing without ink there.
  function covered(stages, picture, label, side = 6, step = 2) {
    const whole = forward(stages, picture).at(-1).out[label];
    const count = (28 - side) / step + 1;
    return Float64Array.from({ length: count * count }, (_, k) => {
      const [top, left] = [step * Math.floor(k / count), step * (k % count)];
      const under = (at) =>
        at % 28 >= left && at % 28 < left + side && at >= 28 * top && at < 28 * (top + side);
      if (!picture.some((value, at) => value && under(at))) return 0;
      const without = picture.map((value, at) => (under(at) ? 0 : value));
      return whole - forward(stages, without).at(-1).out[label];
    });
  }

  return { STAGES, network, forward, terms, corner, field, covered };
})();
