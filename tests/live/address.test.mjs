import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const address = load("address", "address.js");
const fields = {
  rate: address.number(0.1, 0, 10),
  side: address.whole(3, 1, 5),
  padding: address.choice("valid", ["valid", "same"]),
  x: address.numbers([], 4, -9, 9),
  said: address.text("", 8),
  bias: address.flag(true),
  hide: address.list(["tools", "walk"]),
  shown: address.list(["tanh", "relu"], ["relu"]),
};
const otherwise = address.read("toy", fields, "");
const plain = (value) => JSON.parse(JSON.stringify(value)); // from another realm

test("what is written is read again", () => {
  const typed = { x: [1, -2.5], said: "<b>&=,%", shown: [] };
  const state = { rate: 0.25, side: 5, padding: "same", ...typed, bias: false, hide: ["walk"] };
  const hash = address.write("toy", fields, state);
  assert.deepEqual(plain(address.read("toy", fields, hash)), state);
  assert.equal(address.write("toy", fields, otherwise), "#toy");
});

test("junk is passed over, field by field", () => {
  const junk = "#toy&rate=-1&side=2.5&padding=__proto__&x=1,,2&x=3&said&bias=maybe&hide=all,walk";
  const found = plain(address.read("toy", fields, `${junk}&no=1&%=%%E0`));
  assert.deepEqual(found, { ...plain(otherwise), hide: ["walk"] });
  for (const hash of ["#", "#other&side=5", "#toy&side=", "#toy&side=1e9", "#toy&x=Infinity", "#&=="]) {
    assert.deepEqual(plain(address.read("toy", fields, hash)), plain(otherwise), hash);
  }
  assert.equal(address.read("toy", fields, "#toy&said=123456789").said, "12345678");
});
