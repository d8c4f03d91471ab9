// A network of two inputs, two hidden units and one answer, as a list of steps; forward, backward
// by the chain rule, and by nudging. Names are those of the chapter. No DOM here.
const backprop = (() => {
  const LEARNED = ["w11", "w21", "b1", "w12", "w22", "b2", "v1", "v2", "c"];
  const BACK = ["a", "z", "v1", "v2", "c", "h1", "h2", "z1", "z2"];
  BACK.push("w11", "w21", "b1", "w12", "w22", "b2", "x1", "x2");

  // A weighted sum: each weight's slope is what it is multiplied with, and the other way round.
  function sum(name, pairs, bias) {
    const slopes = { [bias]: { text: "1", value: () => 1 } };
    for (const [weight, input] of pairs) {
      slopes[weight] = { text: input, value: (v) => v[input] };
      slopes[input] = { text: weight, value: (v) => v[weight] };
    }
    const value = (v) => pairs.reduce((total, [w, x]) => total + v[w] * v[x], v[bias]);
    return { name, kind: "sum", pairs, bias, value, slopes };
  }

  function bend(name, from, activation) {
    const { value, slope } = activations.all[activation];
    const slopes = { [from]: { text: activation, value: (v) => slope(v[from], v[name]) } };
    return { name, kind: "bend", from, activation, value: (v) => value(v[from]), slopes };
  }

  function lossStep(loss) {
    const from = loss === "binary_crossentropy" ? "z" : "a";
    const { value, slope } = activations.losses[loss];
    const slopes = { [from]: { text: loss, value: (v) => slope(v[from], v.y) } };
    return { name: "L", kind: "loss", from, loss, value: (v) => value(v[from], v.y), slopes };
  }

  function network({ hidden, last, loss }) {
    return [
      sum("z1", [["w11", "x1"], ["w21", "x2"]], "b1"),
      sum("z2", [["w12", "x1"], ["w22", "x2"]], "b2"),
      bend("h1", "z1", hidden),
      bend("h2", "z2", hidden),
      sum("z", [["v1", "h1"], ["v2", "h2"]], "c"),
      bend("a", "z", last),
      lossStep(loss),
    ];
  }

  // All values; those in `held` are what they are said to be, whatever leads to them.
  function forward(steps, given, held = {}) {
    const values = { ...given, ...held };
    for (const { name, value } of steps) if (!(name in held)) values[name] = value(values);
    return values;
  }

  const users = (steps, name) => steps.filter(({ slopes }) => name in slopes);

  // The chain rule: over all users of a quantity, the user's slope times that of its one step.
  function backward(steps, values) {
    const slopes = { L: 1 };
    for (const name of BACK) {
      const part = (user) => slopes[user.name] * user.slopes[name].value(values);
      slopes[name] = users(steps, name).reduce((total, user) => total + part(user), 0);
    }
    return slopes;
  }

  function nudged(steps, values, name, by = 1e-5) {
    const at = (change) => forward(steps, values, { [name]: values[name] + change }).L;
    return (at(by) - at(-by)) / (2 * by);
  }

  const updated = (values, slopes, rate) =>
    Object.fromEntries(LEARNED.map((name) => [name, values[name] - rate * slopes[name]]));

  // What a reader walks through: each value, each slope, then the step.
  function walk(steps) {
    const back = BACK.filter((name) => users(steps, name).length);
    return [
      ...steps.map(({ name }) => ({ kind: "forward", name })),
      ...back.map((name) => ({ kind: "backward", name })),
      { kind: "update", name: "L" },
    ];
  }

  return { LEARNED, network, forward, backward, nudged, updated, users, walk };
})();
