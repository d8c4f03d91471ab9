// What the curves of activations and losses show: more activations, where a slope is too small to
// learn from, slopes behind a softmax, and losses of one constant answer. No DOM here.
const curves = (() => {
  const { all } = activations;
  const leak = (alpha) => ({
    value: (z) => (z > 0 ? z : alpha * z),
    slope: (z) => (z > 0 ? 1 : alpha),
  });
  const gate = (z) => Math.tanh(all.softplus.value(z));

  // Every activation of the book; `alpha` is the slope of the leak.
  function family(alpha) {
    const step = { value: (z) => Number(z > 0), slope: () => 0 };
    const { linear, sigmoid, tanh, relu, elu, softplus, silu, gelu } = all;
    const mish = {
      value: (z) => z * gate(z),
      slope: (z) => gate(z) + z * all.sigmoid.value(z) * (1 - gate(z) ** 2),
    };
    const leaky_relu = leak(alpha);
    return { step, linear, sigmoid, tanh, relu, leaky_relu, elu, softplus, silu, gelu, mish };
  }

  const slopeAt = ({ value, slope }, z) => slope(z, value(z));

  // The largest slope: on a grid, which for the smooth ones is right to five digits.
  function steepest(activation, far = 8, by = 0.01) {
    let top = 0;
    for (let i = Math.round(-far / by); i * by <= far; i++)
      top = Math.max(top, slopeAt(activation, i * by));
    return top;
  }

  // Saturated: the slope is below a tenth of the largest; with no slope at all, everywhere.
  const saturated = (slope, top) => Math.abs(slope) < 0.1 * top || top === 0;

  function softmax(logits) {
    const largest = Math.max(...logits);
    const powers = logits.map((z) => Math.exp(z - largest)); // none is above 1
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }

  // Each loss of probabilities behind a softmax: its value, and its slope in every logit.
  function behindSoftmax(logits, right) {
    const probs = softmax(logits);
    const errors = probs.map((p, k) => p - Number(k === right));
    const largest = Math.max(...logits);
    const total = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
    const mean = probs.reduce((sum, p, k) => sum + p * 2 * errors[k], 0);
    return {
      probs,
      errors,
      crossEntropy: { value: Math.log(total) + largest - logits[right], slopes: errors },
      squaredError: {
        value: errors.reduce((sum, error) => sum + error ** 2, 0),
        slopes: probs.map((p, k) => p * (2 * errors[k] - mean)), // J times 2 (p - y)
      },
    };
  }

  // The same behind a sigmoid, for one answer.
  function behindSigmoid(z, y) {
    const { mean_squared_error: squared, binary_crossentropy: crossed } = activations.losses;
    const a = all.sigmoid.value(z);
    return {
      probs: [a],
      errors: [a - y],
      crossEntropy: { value: crossed.value(z, y), slopes: [crossed.slope(z, y)] },
      squaredError: { value: squared.value(a, y), slopes: [squared.slope(a, y) * a * (1 - a)] },
    };
  }

  const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

  // The smallest of the numbers that at least the share tau does not exceed.
  function quantile(numbers, tau) {
    const sorted = numbers.toSorted((one, other) => one - other);
    return sorted[Math.max(Math.ceil(tau * numbers.length), 1) - 1];
  }

  // Losses of one answer c to all numbers y: the mean loss, its slopes left and right of c, which
  // differ at a kink, and the answer that makes it smallest.
  function ofConstant(tau) {
    const shortLong = (long, short) => ({
      value: (c, y) => mean(y.map((one) => (c < one ? short * (one - c) : long * (c - one)))),
      slopes: (c, y) => [
        mean(y.map((one) => (c <= one ? -short : long))),
        mean(y.map((one) => (c < one ? -short : long))),
      ],
    });
    const squared = (c, y) => 2 * (c - mean(y));
    return {
      squared: {
        value: (c, y) => mean(y.map((one) => (c - one) ** 2)),
        slopes: (c, y) => [squared(c, y), squared(c, y)],
        lowest: mean,
      },
      absolute: { ...shortLong(1, 1), lowest: (y) => quantile(y, 0.5) },
      quantile: { ...shortLong(1 - tau, tau), lowest: (y) => quantile(y, tau) },
    };
  }

  return { family, slopeAt, steepest, saturated, behindSoftmax, behindSigmoid, ofConstant };
})();
