import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";
import { cases, close, load } from "./load.mjs";

const shares = load("wordShares", "word-shares.js");
vm.runInThisContext("var arrays");
globalThis.arrays = load("arrays", "arrays.js");
for (const script of cases.scripts) vm.runInThisContext(readFileSync(script, "utf-8"));
const [words, pairs] = ["imdb-words", "imdb-pairs"].map((name) =>
  shares.network(globalThis.arrays.of(name)),
);

test("a text falls into the words that Python finds in it", () => {
  for (const { text, tokens } of cases.tokens) {
    assert.deepEqual([...shares.tokenize(text)], tokens, JSON.stringify(text));
  }
});

test("both networks answer as the chapter's arrays do in Python, and the shares add up", () => {
  for (const { text, average, sum, unknown } of cases.answers) {
    const [one, two] = [shares.average(words, text), shares.pairs(pairs, text)];
    close([one.logit, two.logit], [average, sum], text);
    const lone = one.parts.filter(({ known }) => !known).map(({ word }) => word);
    assert.deepEqual([...lone], unknown, text);
    for (const [net, { logit, parts, scale }] of [[words, one], [pairs, two]]) {
      const total = parts.reduce((all, { worth }) => all + worth / scale, net.bias);
      close([total], [logit], `${text}, from the scores`);
    }
  }
});

test("a word is left out as a word only", () => {
  const text = "Not good. Why not? A knot, not\u00e9 and not't; NOT  bad";
  assert.equal(shares.without(text, "not"), "good. Why ? A knot, not\u00e9 and not't; bad");
});
