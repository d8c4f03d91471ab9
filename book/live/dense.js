// A dense network with one sigmoid answer: forward, backward and the step, as nbhelpers.nn has
// them. Arrays are made once, and written over for every point. No DOM in this file.
const dense = (() => {
  const parameter = (size) => {
    const [value, slope, mean, square] = Array.from({ length: 4 }, () => new Float64Array(size));
    return { value, slope, mean, square };
  };

  // How a kernel starts: inputs, units and random numbers in; one weight out.
  const uniform = (limit, random) => limit * (2 * random() - 1);
  const initial = {
    glorot: (i, u, random) => uniform(Math.sqrt(6 / (i + u)), random),
    he: (i, u, random) => uniform(Math.sqrt(6 / i), random),
    small: (i, u, random) => 0.01 * playgroundData.normal(random),
    large: (i, u, random) => playgroundData.normal(random),
    zeros: () => 0,
  };

  function layer(inputs, units, activation) {
    const [z, a, out, dz] = Array.from({ length: 4 }, () => new Float64Array(units));
    const mask = new Float64Array(units).fill(1); // of dropout
    const [kernel, bias] = [parameter(inputs * units), parameter(units)];
    return { inputs, units, activation, kernel, bias, z, a, out, dz, mask };
  }

  function network(hidden, activation, init, random) {
    const sizes = [2, ...hidden, 1];
    return sizes.slice(1).map((units, at) => {
      const made = layer(sizes[at], units, at < hidden.length ? activation : "sigmoid");
      const weight = () => initial[init](sizes[at], units, random);
      made.kernel.value.set(made.kernel.value.map(weight));
      return made;
    });
  }

  // The answer at x; what each layer computed stays in it.
  function forward(layers, x) {
    let given = x;
    for (const { inputs, units, activation, kernel, bias, z, a, out, mask } of layers) {
      const { value } = activations.all[activation];
      for (let j = 0; j < units; j++) {
        let sum = bias.value[j];
        for (let i = 0; i < inputs; i++) sum += given[i] * kernel.value[i * units + j];
        z[j] = sum;
        a[j] = value(sum);
        out[j] = a[j] * mask[j];
      }
      given = out;
    }
    return given[0];
  }

  // Slopes in z, from the answer down; each kernel's and bias' slope is added to, times `share`.
  function backward(layers, { x, y }, loss, share) {
    const last = layers.at(-1);
    const { slope } = activations.losses[loss];
    const crossed = loss === "binary_crossentropy";
    const bent = last.a[0] * (1 - last.a[0]);
    last.dz[0] = crossed ? slope(last.z[0], y) : slope(last.a[0], y) * bent;
    for (let at = layers.length - 1; at >= 0; at--) {
      add(layers[at], at ? layers[at - 1].out : x, share);
      if (at) descend(layers[at], layers[at - 1]);
    }
  }

  function add({ units, kernel, bias, dz }, given, share) {
    for (let j = 0; j < units; j++) {
      bias.slope[j] += share * dz[j];
      for (let i = 0; i < given.length; i++) kernel.slope[i * units + j] += share * given[i] * dz[j];
    }
  }

  function descend({ units, kernel, dz }, below) {
    const { slope } = activations.all[below.activation];
    for (let i = 0; i < below.units; i++) {
      let sum = 0;
      for (let j = 0; j < units; j++) sum += kernel.value[i * units + j] * dz[j];
      below.dz[i] = sum * below.mask[i] * slope(below.z[i], below.a[i]);
    }
  }

  // The slopes of the mean loss of these points, penalties included.
  function gradients(layers, points, { loss, l1 = 0, l2 = 0, dropout = 0 }, random) {
    for (const { kernel, bias } of layers) {
      kernel.slope.fill(0);
      bias.slope.fill(0);
    }
    for (const point of points) {
      if (dropout) drop(layers, dropout, random);
      forward(layers, point.x);
      backward(layers, point, loss, 1 / points.length);
    }
    for (const { kernel, mask } of layers) {
      mask.fill(1);
      if (l1 || l2) penalise(kernel, l1, l2);
    }
  }

  function penalise({ value, slope }, l1, l2) {
    for (let i = 0; i < value.length; i++) slope[i] += l1 * Math.sign(value[i]) + 2 * l2 * value[i];
  }

  // Hidden units that sit out; the others speak up for them.
  function drop(layers, rate, random) {
    for (const { mask } of layers.slice(0, -1)) {
      for (let j = 0; j < mask.length; j++) mask[j] = random() < rate ? 0 : 1 / (1 - rate);
    }
  }

  // Each: one step of one parameter, in place; `count` is the number of the step.
  const steps = {
    sgd: ({ value, slope }, rate) => {
      for (let i = 0; i < value.length; i++) value[i] -= rate * slope[i];
    },
    momentum: ({ value, slope, mean }, rate) => {
      for (let i = 0; i < value.length; i++) {
        mean[i] = 0.9 * mean[i] - rate * slope[i];
        value[i] += mean[i];
      }
    },
    adam: ({ value, slope, mean, square }, rate, count) => {
      const size = (rate * Math.sqrt(1 - 0.999 ** count)) / (1 - 0.9 ** count);
      for (let i = 0; i < value.length; i++) {
        mean[i] += 0.1 * (slope[i] - mean[i]);
        square[i] += 0.001 * (slope[i] * slope[i] - square[i]);
        value[i] -= (size * mean[i]) / (Math.sqrt(square[i]) + 1e-7);
      }
    },
  };

  function step(layers, optimizer, rate, count) {
    for (const { kernel, bias } of layers) {
      steps[optimizer](kernel, rate, count);
      steps[optimizer](bias, rate, count);
    }
  }

  // Mean loss, and the share of points on the right side.
  function measure(layers, points, loss) {
    const { value } = activations.losses[loss];
    let [total, right] = [0, 0];
    for (const { x, y } of points) {
      const a = forward(layers, x);
      total += value(loss === "binary_crossentropy" ? layers.at(-1).z[0] : a, y);
      right += Number(a > 0.5 === Boolean(y));
    }
    return { loss: total / points.length, right: right / points.length };
  }

  return { initial, steps, network, forward, gradients, step, measure };
})();
