import assert from "node:assert/strict";
import test from "node:test";
import { cases, close, load } from "./load.mjs";

const FILES = ["activations.js", "playground-data.js", "dense.js", "playground-training.js"];
const [dense, data, Training] = load("[dense, playgroundData, PlaygroundTraining]", ...FILES);
const HOW = { layers: 2, units: 4, activation: "tanh", init: "glorot", loss: "binary_crossentropy" };
Object.assign(HOW, { optimizer: "adam", rate: 0.01, batch: 7, l1: 0, l2: 0, dropout: 0 });

function filled(hidden, activation, weights) {
  const layers = dense.network(hidden, activation, "zeros", () => 0);
  layers.forEach(({ kernel, bias }, at) => {
    kernel.value.set(weights[2 * at]);
    bias.value.set(weights[2 * at + 1]);
  });
  return layers;
}

test("losses, slopes and three steps are the package's", () => {
  for (const { points, hidden, weights, slopes, answers, after, loss_value, ...how } of cases) {
    const about = JSON.stringify([hidden, how]);
    const layers = filled(hidden, how.activation, weights);
    close(points.map(({ x }) => dense.forward(layers, x)), answers, `answers ${about}`);
    close(dense.measure(layers, points, how.loss).loss, loss_value, `loss ${about}`);
    dense.gradients(layers, points, how);
    const found = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
    found.forEach(({ slope }, at) => close([...slope], slopes[at], `slope ${at} ${about}`));
    for (let count = 1; count <= 3; count++) {
      dense.gradients(layers, points, how);
      dense.step(layers, how.optimizer, how.rate, count);
    }
    found.forEach(({ value }, at) => close([...value], after[at], `step ${at} ${about}`));
  }
});

test("dropout leaves out units and slopes together, and keeps the mean", () => {
  const layers = dense.network([4000], "linear", "he", data.generator(1));
  layers[0].bias.value.fill(1);
  const point = { x: [0, 0], y: 1 };
  dense.gradients(layers, [point], { loss: "mean_squared_error", dropout: 0.25 }, data.generator(2));
  const slopes = [...layers[1].kernel.slope];
  const left = layers[0].bias.slope.filter((slope) => slope !== 0).length / 4000;
  assert.ok(Math.abs(left - 0.75) < 0.03, `${left} of the units took part`);
  layers[0].bias.slope.forEach((slope, j) => assert.equal(slope === 0, slopes[j] === 0));
  assert.deepEqual([...new Set(layers[0].mask)], [1], "none is left out afterwards");
});

test("the same seed trains the same network, another one does not", () => {
  const points = data.make("spiral", 0.04, []);
  const curve = (seed, how = {}) => {
    const run = new Training({ ...HOW, ...how }, points, seed);
    for (let epoch = 0; epoch < 5; epoch++) run.train();
    return run.curve.map(({ test }) => test);
  };
  assert.deepEqual(curve(3, { dropout: 0.2 }), curve(3, { dropout: 0.2 }));
  assert.notDeepEqual(curve(3), curve(4));
});

test("looking changes nothing", () => {
  const points = data.make("xor", 0.04, []);
  const [plain, looked] = [0, 1].map(() => new Training({ ...HOW, dropout: 0.2, l2: 0.01 }, points, 0));
  for (let epoch = 0; epoch < 5; epoch++) {
    plain.train();
    looked.train();
    looked.sizes();
    looked.pictures(Training.grid(5, 1));
  }
  assert.deepEqual(looked.curve, plain.curve);
});

test("the spiral is learnt, eight sigmoid layers let slopes vanish", () => {
  const points = data.make("spiral", 0.04, []);
  const run = new Training({ ...HOW, layers: 3, units: 8, activation: "relu", batch: 10 }, points, 1);
  while (run.epoch < 100) run.train();
  assert.ok(run.fresh.right >= 0.95, `${run.fresh.right} of the test points`);
  const deep = new Training({ ...HOW, layers: 8, units: 8, activation: "sigmoid" }, points, 1).sizes();
  assert.ok(deep[0].slope < 1e-4 * deep.at(-1).slope);
});

test("points of both classes, where they belong", () => {
  for (const name of data.names.filter((one) => one !== "own")) {
    const { train, test: fresh } = data.make(name, 0, []);
    for (const points of [train, fresh]) {
      assert.equal(points.filter(({ y }) => y).length, points.length / 2, name);
      assert.ok(points.every(({ x }) => x.every((part) => Math.abs(part) <= 1.6)), name);
    }
  }
  const { train } = data.make("xor", 0, []);
  assert.ok(train.every(({ x: [a, b], y }) => Number(a * b < 0) === y));
});

test("junk among pasted points is counted and passed over", () => {
  const lines = ["0.5, -0.25, 1", "x1,x2,class", "", "1;1;0", "<b>,0,1", "9,0,1", "0,0,2", "0,0", "1e999,0,1", "-1\t0 1", "NaN,0,1"];
  const found = data.parse(lines.join("\r\n"));
  assert.deepEqual(found, { numbers: [0.5, -0.25, 1, 1, 1, 0, -1, 0, 1], refused: 7 });
  assert.deepEqual(data.parse(""), { numbers: [], refused: 0 });
  const many = data.parse("0,0,1\n".repeat(150));
  assert.deepEqual([many.numbers.length, many.refused], [300, 50]);
  const { train, test: kept } = data.make("own", 0, found.numbers);
  assert.deepEqual([train.length, kept.length], [3, 0]);
});

test("no points at all do no harm", () => {
  const run = new Training(HOW, data.make("own", 0, []), 0);
  run.train();
  assert.ok(run.layers.every(({ kernel }) => kernel.value.every(Number.isFinite)));
});
