// The playground's experiment as a Keras program that runs: same points, same settings. No DOM.
function playgroundKeras(how, { train, test }, seed, epochs) {
  const init = { glorot: '"glorot_uniform"', he: '"he_uniform"', zeros: '"zeros"' };
  init.small = "keras.initializers.RandomNormal(stddev=0.01)";
  init.large = "keras.initializers.RandomNormal(stddev=1.0)";
  const optimizer = {
    sgd: `SGD(${how.rate})`,
    momentum: `SGD(${how.rate}, momentum=0.9)`,
    adam: `Adam(${how.rate})`,
  }[how.optimizer];
  const shared = `kernel_initializer=${init[how.init]}, kernel_regularizer=penalty`;
  const activation = how.activation === "leaky_relu" ? "keras.layers.LeakyReLU(0.3)" : `"${how.activation}"`;
  const hidden = [`    layers.Dense(${how.units}, activation=${activation}, ${shared}),`];
  if (how.dropout) hidden.push(`    layers.Dropout(${how.dropout}),`);
  const points = (all) => `np.array([\n${all.map(({ x, y }) => `    [${x.map((v) => v.toFixed(3)).join(", ")}, ${y}],`).join("\n")}\n])`;
  return `import keras
import numpy as np
from keras import layers

train = ${points(train)}
test = ${points(test.length ? test : train)}
keras.utils.set_random_seed(${seed})  # Keras draws other numbers from it than the page does
penalty = keras.regularizers.L1L2(l1=${how.l1}, l2=${how.l2})
model = keras.Sequential([
    keras.Input((2,)),
${Array(how.layers).fill(hidden.join("\n")).map((line) => `${line}\n`).join("")}    layers.Dense(1, activation="sigmoid", ${shared}),
])
model.compile(keras.optimizers.${optimizer}, "${how.loss}", metrics=["binary_accuracy"])
model.fit(train[:, :2], train[:, 2:], batch_size=${how.batch}, epochs=${Math.max(epochs, 1)}, verbose=0)
print(model.evaluate(test[:, :2], test[:, 2:], verbose=0, return_dict=True))
`;
}
