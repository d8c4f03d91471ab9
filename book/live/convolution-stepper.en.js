live.addWords("en", "convolution-stepper", { title: "Convolution, step by step" });
