// How far a network's probabilities can be believed: its logits are divided by a temperature, and
// its answers sorted by confidence. `logits` holds ten numbers, or as many as there are classes,
// for each label. No DOM in this file.
const reliability = (() => {
  const BINS = 10;
  const row = ({ logits, classes }, n) => logits.subarray(n * classes, (n + 1) * classes);

  // Return what is known of one answer: its confidence, whether it is right, and the minus
  // logarithm of the probability that the label got.
  function judged(logits, label, temperature) {
    const most = Math.max(...logits);
    const powers = Array.from(logits, (z) => Math.exp((z - most) / temperature));
    const sum = powers.reduce((a, b) => a + b);
    const loss = Math.log(sum) - (logits[label] - most) / temperature;
    return { confidence: 1 / sum, right: logits.indexOf(most) === label, loss };
  }

  function answers({ labels, ...net }, temperature) {
    return Array.from(labels, (label, n) => judged(row(net, n), label, temperature));
  }

  // Return for each bin of confidence the count, the mean confidence and the share that is right.
  function inBins(all) {
    const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
    for (const { confidence, right } of all) {
      const bin = bins[Math.min(Math.trunc(confidence * BINS), BINS - 1)];
      bin.count += 1;
      bin.confidence += confidence;
      bin.right += right;
    }
    const mean = (sum, count) => sum / Math.max(count, 1);
    return bins.map(({ count, confidence, right }) => ({
      count,
      confidence: mean(confidence, count),
      right: mean(right, count),
    }));
  }

  // Return all that is said of a network at a temperature: its bins, the expected calibration
  // error, the negative log-likelihood, mean confidence and accuracy.
  function measured(net, temperature) {
    const all = answers(net, temperature);
    const bins = inBins(all);
    const mean = (of) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
    const gaps = bins.map(({ count, confidence, right }) => count * Math.abs(right - confidence));
    return {
      bins,
      error: gaps.reduce((a, b) => a + b) / all.length,
      loss: mean(({ loss }) => loss),
      confidence: mean(({ confidence }) => confidence),
      accuracy: mean(({ right }) => Number(right)),
    };
  }

  // The slope of the loss with respect to 1/T: the expected logit minus that of the label.
  function slope({ labels, ...net }, temperature) {
    const one = (label, n) => {
      const logits = row(net, n);
      const most = Math.max(...logits);
      const powers = Array.from(logits, (z) => Math.exp((z - most) / temperature));
      const sum = powers.reduce((a, b) => a + b);
      return powers.reduce((all, power, k) => all + (power / sum) * logits[k], 0) - logits[label];
    };
    return Array.from(labels, one).reduce((a, b) => a + b) / labels.length;
  }

  // The temperature with the least loss, from e^-3 to e^3. The slope falls as T grows: halve.
  function best(net) {
    let [low, high] = [-3, 3];
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (slope(net, Math.exp(middle)) > 0) low = middle;
      else high = middle;
    }
    return Math.exp((low + high) / 2);
  }

  return { measured, best };
})();
