import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";
import { cases, load } from "./load.mjs";

test("what Python exported is read bit by bit", () => {
  vm.runInThisContext("var arrays");
  globalThis.arrays = load("arrays", "arrays.js");
  vm.runInThisContext(readFileSync(cases.script, "utf-8"));
  const { halves, pixels, words } = globalThis.arrays.of("toy");
  for (const [found, expected] of [
    [halves, cases.halves],
    [pixels, cases.pixels],
  ]) {
    assert.deepEqual([...found.shape], expected.shape);
    assert.ok(expected.values.every((value, at) => found.values[at] === value));
    assert.equal(found.values.length, expected.values.length);
  }
  assert.deepEqual([...words], cases.words);
});
