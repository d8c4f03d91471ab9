// Experiments that make a point, each as the fields in which it differs from the first. No DOM.
const playgroundPresets = {
  spiral: {},
  recipe: { loss: "mean_squared_error", optimizer: "sgd", rate: 0.05, at: 1000 },
  vanish: { layers: 8, activation: "sigmoid", runs: 1, at: 0 },
  explode: { layers: 8, init: "large", optimizer: "sgd", runs: 1, at: 0 },
  xor: { data: "xor", layers: 1, units: 2, seed: 0, runs: 6, at: 200 },
  zeros: { init: "zeros", activation: "tanh", runs: 1 },
};
