import test from "node:test";
import { cases, close, load } from "./load.mjs";

const activations = load("activations", "activations.js");

test("every activation and its slope, also far out", () => {
  for (const { name, z, a, slope } of cases) {
    const { value, slope: slopeAt } = activations.all[name];
    close(z.map(value), a, name);
    close(z.map((at) => slopeAt(at, value(at))), slope, `slope of ${name}`);
  }
});
