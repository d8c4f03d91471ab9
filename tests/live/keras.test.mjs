// Writes the programs that the playground shows, for Python to run.
import { writeFileSync } from "node:fs";
import test from "node:test";
import { cases, load } from "./load.mjs";

const FILES = ["playground-data.js", "playground-keras.js"];
const [data, program] = load("[playgroundData, playgroundKeras]", ...FILES);

test("programs are written", () => {
  for (const { path, ...how } of cases) writeFileSync(path, program(how, data.make("spiral", 0.04, []), 1, 2));
});
