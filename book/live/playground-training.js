// A training in the playground: a network from a seed, its epochs one by one, and what is measured
// on the way. The same settings give the same numbers, always. No DOM in this file.
class PlaygroundTraining {
  constructor(how, data, seed) {
    Object.assign(this, { how, data, seed, epoch: 0, count: 0, curve: [] });
    this.random = playgroundData.generator(seed + 1); // 0 has drawn the points
    const hidden = Array(how.layers).fill(how.units);
    this.layers = dense.network(hidden, how.activation, how.init, this.random);
    this.measure();
  }

  measure() {
    const { train, test } = this.data;
    const [seen, fresh] = [train, test].map((points) => dense.measure(this.layers, points, this.how.loss));
    this.curve.push({ train: seen.loss, test: fresh.loss });
    Object.assign(this, { seen, fresh });
  }

  // Once through the points, in a new order.
  train() {
    const { batch, optimizer, rate } = this.how;
    const order = this.shuffled();
    for (let begin = 0; begin < order.length; begin += batch) {
      this.count += 1;
      dense.gradients(this.layers, order.slice(begin, begin + batch), this.how, this.random);
      dense.step(this.layers, optimizer, rate, this.count);
    }
    this.epoch += 1;
    this.measure();
  }

  shuffled() {
    const order = [...this.data.train];
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(this.random() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  // Root mean squares by layer, over all training points: of what the units say, and of the
  // slopes in the kernel, which stay in the layers.
  sizes() {
    const root = (sum, count) => Math.sqrt(sum / count);
    const sums = this.layers.map(() => 0);
    for (const { x } of this.data.train) {
      dense.forward(this.layers, x);
      this.layers.forEach(({ a }, at) => (sums[at] += a.reduce((sum, one) => sum + one * one, 0)));
    }
    dense.gradients(this.layers, this.data.train, { loss: this.how.loss });
    return this.layers.map(({ units, kernel: { slope } }, at) => ({
      activation: root(sums[at], units * this.data.train.length),
      slope: root(slope.reduce((sum, one) => sum + one * one, 0), slope.length),
    }));
  }

  // The places of a square grid, row by row from the top.
  static grid(side, reach) {
    const at = (step) => reach * ((2 * step + 1) / side - 1);
    return Array.from({ length: side * side }, (_, n) => [at(n % side), -at(Math.floor(n / side))]);
  }

  // What every unit says at these places, by layer.
  pictures(places) {
    const empty = () => new Float64Array(places.length);
    const all = this.layers.map(({ units }) => Array.from({ length: units }, empty));
    places.forEach((place, n) => {
      dense.forward(this.layers, place);
      this.layers.forEach(({ a }, l) => a.forEach((value, j) => (all[l][j][n] = value)));
    });
    return all;
  }
}
