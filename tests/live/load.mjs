// Load a script of a figure as a page does, and return what it declares.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../book/live/", import.meta.url);
export const cases = JSON.parse(readFileSync(process.env.CASES, "utf-8"));

export function load(name, ...files) {
  const source = files.map((file) => readFileSync(new URL(file, FOLDER), "utf-8")).join("\n");
  return vm.runInThisContext(`(() => { ${source}\n; return ${name}; })()`);
}

export function close(found, expected, about, bound = 1e-9) {
  const [values, rights] = [[found].flat(), [expected].flat()];
  assert.equal(values.length, rights.length, about);
  values.forEach((value, i) => {
    const apart = Math.abs(value - rights[i]) / Math.max(1, Math.abs(rights[i]));
    assert.ok(apart <= bound, `${about}: ${value}, not ${rights[i]}`);
  });
}
