// Activations and losses of the book, with their slopes, as nbhelpers.nn has them. No DOM here.
const activations = (() => {
  const sigmoid = (z) => {
    const power = Math.exp(-Math.abs(z)); // never overflows
    return (z >= 0 ? 1 : power) / (1 + power);
  };
  const density = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

  // The chance that a standard normal number is below z: far on the left by a continued fraction,
  // else by a series whose terms all have one sign, so that nothing cancels.
  function cdf(z) {
    if (z > 9) return 1; // to all digits
    if (z < -3) {
      let fraction = -z;
      for (let n = 60; n > 0; n--) fraction = -z + n / fraction;
      return density(z) / fraction;
    }
    let term = z;
    let sum = z;
    for (let n = 3; Math.abs(term) > 1e-18 * Math.abs(sum); n += 2) {
      term *= (z * z) / n;
      sum += term;
    }
    return 0.5 + density(z) * sum;
  }

  // Each: value at z, slope at z where the value is a.
  const all = {
    linear: { value: (z) => z, slope: () => 1 },
    sigmoid: { value: sigmoid, slope: (z, a) => a * (1 - a) },
    tanh: { value: Math.tanh, slope: (z, a) => 1 - a * a },
    relu: { value: (z) => Math.max(z, 0), slope: (z) => Number(z > 0) },
    leaky_relu: { value: (z) => (z > 0 ? z : 0.3 * z), slope: (z) => (z > 0 ? 1 : 0.3) },
    elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), slope: (z, a) => (z > 0 ? 1 : a + 1) },
    softplus: {
      value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
      slope: sigmoid,
    },
    gelu: { value: (z) => z * cdf(z), slope: (z) => cdf(z) + z * density(z) },
    silu: {
      value: (z) => z * sigmoid(z),
      slope: (z) => sigmoid(z) * (1 + z * (1 - sigmoid(z))),
    },
  };

  // Of one answer: squared error takes the answer, cross-entropy the sum before its sigmoid.
  const losses = {
    mean_squared_error: { value: (a, y) => (a - y) ** 2, slope: (a, y) => 2 * (a - y) },
    binary_crossentropy: {
      value: (z, y) => Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))),
      slope: (z, y) => sigmoid(z) - y,
    },
  };

  return { all, losses };
})();
