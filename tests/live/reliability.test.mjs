import assert from "node:assert/strict";
import test from "node:test";
import { cases, close, load } from "./load.mjs";

const reliability = load("reliability", "reliability.js");

test("bins, error, likelihood and temperature are those of the chapter", () => {
  for (const { logits, labels, classes, looks, best } of cases) {
    const net = { logits: Float64Array.from(logits), labels: Uint8Array.from(labels), classes };
    for (const { temperature, count, confidence, right, error, loss } of looks) {
      const found = reliability.measured(net, temperature);
      const about = `T = ${temperature}`;
      assert.deepEqual(found.bins.map((bin) => bin.count), count, about);
      close(found.bins.map((bin) => bin.confidence), confidence, about);
      close(found.bins.map((bin) => bin.right), right, about);
      close([found.error, found.loss], [error, loss], about);
    }
    close(reliability.best(net), best, "the temperature with the least loss");
  }
});
