import assert from "node:assert/strict";
import test from "node:test";
import { cases, close, load } from "./load.mjs";

const curves = load("curves", "activations.js", "curves.js");
const BOUND = 1e-12;

test("every activation of the book and its slope", () => {
  for (const { name, alpha, z, a, slope } of cases.activations) {
    const one = curves.family(alpha)[name];
    close(z.map(one.value), a, name, BOUND);
    close(
      z.map((at) => curves.slopeAt(one, at)),
      slope,
      `slope of ${name}`,
      BOUND,
    );
  }
});

test("saturation begins where the chapter derives it", () => {
  const family = curves.family(0.2);
  for (const { name, top, edge } of cases.saturation) {
    close(curves.steepest(family[name]), top, `steepest ${name}`, 1e-5);
    const at = (z) => curves.saturated(curves.slopeAt(family[name], z), top);
    assert.deepEqual([edge - 0.01, edge + 0.01, -edge - 0.01].map(at), [false, true, true], name);
  }
  assert.ok(curves.saturated(0, curves.steepest(family.step)), "a step has no slope anywhere");
});

test("both losses behind a sigmoid and behind a softmax", () => {
  for (const { logits, right, expected } of cases.outputs) {
    const one = logits.length === 1;
    const found = one
      ? curves.behindSigmoid(logits[0], right)
      : curves.behindSoftmax(logits, right);
    for (const loss of ["crossEntropy", "squaredError"]) {
      close(found[loss].value, expected[loss].value, `${loss} of ${logits}`, BOUND);
      close(found[loss].slopes, expected[loss].slopes, `slopes of ${loss} of ${logits}`, BOUND);
    }
  }
});

test("mean, median and quantile are where a loss is lowest", () => {
  for (const { y, c, tau, expected } of cases.constants) {
    for (const [loss, { value, slopes, lowest }] of Object.entries(curves.ofConstant(tau))) {
      const about = `${loss}, tau ${tau}`;
      close(value(c, y), expected[loss].value, about, BOUND);
      close(slopes(c, y), [expected[loss].slope, expected[loss].slope], about, BOUND);
      const best = lowest(y);
      close(best, expected[loss].lowest, about, BOUND);
      const [left, right] = slopes(best, y);
      assert.ok(left <= BOUND && right >= -BOUND, `${about}: uphill on both sides`);
      assert.ok(value(best, y) <= value(c, y), about);
    }
  }
});
