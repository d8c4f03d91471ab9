import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";
import { cases, close, load } from "./load.mjs";

const net = load("digitNet", "digit-net.js");
const ink = load("digitInk", "digit-ink.js");

// The network that Python exported, as a page reads it.
function exported({ name, script }) {
  vm.runInThisContext("var arrays");
  globalThis.arrays = load("arrays", "arrays.js");
  vm.runInThisContext(readFileSync(script, "utf-8"));
  return net.network(name, globalThis.arrays.of(name));
}

test("every map and probability is that of Keras, and of the package in double precision", () => {
  for (const one of cases.networks) {
    const stages = exported(one);
    one.pictures.forEach((picture, n) => {
      const found = net.forward(stages, Float64Array.from(picture));
      stages.forEach(({ name }, s) => {
        const about = `${one.name}, ${name}, picture ${n}`;
        close([...found[s].out], one.keras[n][s], `${about}, Keras`, 1e-5);
        close([...found[s].out], one.ours[n][s], `${about}, nbhelpers.nn`, 1e-9);
      });
    });
  }
});

test("the terms that are shown add up to the sum, and see the pixels that change it", () => {
  for (const one of cases.networks) {
    const stages = exported(one);
    const picture = Float64Array.from(one.pictures[0]);
    const found = net.forward(stages, picture);
    stages.forEach((stage, s) => {
      const below = s ? found[s - 1].out : picture;
      const middle = Math.floor(found[s].z.length / 2);
      for (const at of [0, middle, found[s].z.length - 1]) {
        const terms = net.terms(stage, below, at);
        const products = terms.map(({ value, weight }) => value * weight);
        const bias = stage.kind === "sum" ? stage.bias[at % stage.out[2]] : 0;
        const sum =
          stage.kind === "largest"
            ? Math.max(...terms.map(({ value }) => value))
            : products.reduce((a, b) => a + b, bias);
        close([sum], [found[s].z[at]], `${one.name}, ${stage.name}, ${at}`);
        const [top, left, bottom, right] = net.field(stages, s, at);
        const outside = picture.map((value, p) => {
          const [i, j] = [Math.floor(p / 28), p % 28];
          return i >= top && i < bottom && j >= left && j < right ? value : 1 - value;
        });
        close([net.forward(stages, outside)[s].z[at]], [found[s].z[at]], "pixels outside the field");
      }
    });
  }
});

test("what is covered changes the probability by what is said", () => {
  const [one] = cases.networks;
  const stages = exported(one);
  const picture = Float64Array.from(one.pictures[0]);
  const lost = net.covered(stages, picture, 3);
  const [row, column] = [10, 12]; // the sixth square from the top, the seventh from the left
  const without = picture.map((value, p) => {
    const [i, j] = [Math.floor(p / 28) - row, (p % 28) - column];
    return i >= 0 && i < 6 && j >= 0 && j < 6 ? 0 : value;
  });
  const share = (x) => net.forward(stages, x).at(-1).out[3];
  close([lost[5 * 12 + 6]], [share(picture) - share(without)], "lost");
  assert.equal(lost.length, 12 * 12);
});

test("a drawing is scaled and centred as Python scales and centres it", () => {
  for (const { strokes, share, raster, picture } of cases.drawings) {
    const drawn = ink.raster(strokes);
    close([...drawn], raster, "ink");
    close([...ink.placed(drawn, ink.framed(ink.measured(drawn), share))], picture, "placed");
  }
  assert.equal(ink.measured(ink.raster([])), null);
});

test("a picture is changed as Python changes it, and not at all by nothing", () => {
  for (const { picture, how, changed } of cases.changes) {
    close([...ink.changed(Float64Array.from(picture), { ...how, noise: 0 })], changed, JSON.stringify(how));
  }
  const picture = Float64Array.from(cases.changes[0].picture);
  const nothing = { right: 0, down: 0, turn: 0, mirror: false, thick: 0, noise: 0 };
  assert.deepEqual(ink.changed(picture, nothing), picture);
  const noisy = ink.changed(picture, { ...nothing, noise: 0.3 });
  assert.deepEqual(ink.changed(picture, { ...nothing, noise: 0.3 }), noisy);
  assert.ok(noisy.every((value) => value >= 0 && value <= 1));
  assert.ok(noisy.filter((value, at) => value !== picture[at]).length > 300);
});

test("strokes survive the address, junk does not", () => {
  const strokes = [
    [
      [0, 63],
      [5, 7],
    ],
    [[62, 1]],
  ];
  assert.deepEqual(ink.fromText(ink.toText(strokes)), strokes);
  for (const junk of ["", "A", "AB.", "<b>", "AB..CD", "ABC", "AB".repeat(1001), "AB,CD"]) {
    assert.equal(ink.fromText(junk), undefined, junk);
  }
});

test("the eraser takes the points within its reach, and a stroke falls into pieces", () => {
  const stroke = Array.from({ length: 30 }, (_, i) => [2 * i, 10]);
  const left = ink.erased([stroke], [30, 10]);
  assert.equal(left.length, 2);
  assert.ok(left.flat().every(([x]) => Math.abs(x - 30) > 5));
  assert.deepEqual(ink.erased([stroke], [30, 40]), [stroke]);
});
