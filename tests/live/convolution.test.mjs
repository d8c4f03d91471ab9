import test from "node:test";
import { cases, close, load } from "./load.mjs";

const convolution = load("convolution", "convolution.js");

test("forward and backward are the package's", () => {
  for (const { shape, out, dx, dw, ...arrays } of cases) {
    const list = convolution.connections(shape);
    const { outputs, entries, pixels } = convolution.layout(shape);
    const about = JSON.stringify(shape);
    close(convolution.sums(list, "o", outputs, arrays), out, `out ${about}`);
    close(convolution.sums(list, "k", entries, arrays), dw, `dw ${about}`);
    close(convolution.sums(list, "p", pixels, arrays), dx, `dx ${about}`);
  }
});
