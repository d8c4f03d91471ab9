import assert from "node:assert/strict";
import test from "node:test";
import { cases, close, load } from "./load.mjs";

const backprop = load("backprop", "activations.js", "backprop.js");

test("values and slopes are the package's", () => {
  for (const { given, L, a, slopes: expected, ...how } of cases) {
    const steps = backprop.network(how);
    const values = backprop.forward(steps, given);
    const about = JSON.stringify(how);
    close(values.L, L, `loss ${about}`);
    close(values.a, a, `answer ${about}`);
    const slopes = backprop.backward(steps, values);
    for (const [name, slope] of Object.entries(expected)) {
      close(slopes[name], slope, `${name} ${about}`);
      close(backprop.nudged(steps, values, name), slope, `nudged ${name} ${about}`, 1e-4);
    }
  }
});

test("a step against the slope lowers the loss", () => {
  const { given, ...how } = cases.find(({ hidden, last }) => hidden === "tanh" && last === "tanh");
  const steps = backprop.network(how);
  const values = backprop.forward(steps, given);
  const better = backprop.updated(values, backprop.backward(steps, values), 1e-3);
  assert.ok(backprop.forward(steps, { ...given, ...better }).L < values.L);
});
