// One value of a map: its window, the kernel, and the sum with its numbers; a value of the window
// leads down to the sum that made it, and so on to the pixels.
class DigitSum {
  static MOST = 25; // terms that are written out; of more, only the largest
  static LARGEST = 8;

  // As many digits as fit into a cell.
  static short(value) {
    return live.shown(Number(value.toFixed(3)), 3);
  }

  constructor(figure) {
    const { make } = live;
    this.figure = figure;
    this.window = make("div", { class: "conv-grid" });
    this.kernel = make("div", { class: "conv-grid" });
    const titled = (title, grid) => make("div", {}, title, grid);
    this.title = make("p");
    this.weights = titled(make("p", {}, figure.word("kernel")), this.kernel);
    const about = {
      class: "live-wide conv-grids",
      tabindex: "0",
      role: "region",
      "aria-label": figure.word("sums"),
    };
    this.grids = make("div", about, titled(this.title, this.window), this.weights);
    this.lines = make("div", { class: "digit-lines" });
    this.element = make("div", { class: "digit-sum", "data-part": "sum" }, this.grids, this.lines);
  }

  // Cells are made anew for windows of another shape only, so that focus stays where it is.
  rebuild(stage, below) {
    const key = [stage.name, ...stage.side].join();
    if (key === this.key) return;
    this.key = key;
    const count = stage.side[0] * stage.side[1];
    const cell = (k) =>
      below ? live.make("button", { type: "button", onclick: () => this.down(k) }) : live.make("span");
    this.values = Array.from({ length: count }, (_, k) => cell(k));
    this.factors = Array.from({ length: count }, () => live.make("span"));
    for (const [grid, cells] of [
      [this.window, this.values],
      [this.kernel, this.factors],
    ]) {
      grid.style.setProperty("--columns", stage.side[1]);
      grid.replaceChildren(...cells);
    }
  }

  // To the sum that made a value of the window.
  down(k) {
    this.figure.lookBelow(this.shown[k].p);
    const [first] = this.values;
    (first.localName === "button" ? first : this.grids).focus();
  }

  show(stages, results, picture) {
    const { figure } = this;
    const s = stages.indexOf(figure.stage);
    const [stage, below, place] = [stages[s], stages[s - 1], figure.flatPlace];
    const terms = digitNet.terms(stage, s ? results[s - 1].out : picture, place);
    const via = stage.kind === "sum" ? figure.state.via - 1 : place % stage.out[2];
    this.shown = terms.filter(({ c }) => c === via);
    this.rebuild(stage, below);
    const name = below
      ? figure.named(below, DigitMaps.sheet(below).flat ? 1 : via + 1, via)
      : figure.word("picture");
    this.title.textContent = figure.word("window", { below: name });
    this.weights.hidden = stage.kind !== "sum";
    this.shown.forEach(({ p, value, weight }, k) => {
      const [cell, text] = [this.values[k], DigitSum.short(value)];
      cell.textContent = text;
      cell.classList.toggle("conv-zero", p < 0);
      if (below) cell.setAttribute("aria-label", figure.word("downTo", { value: text }));
      this.factors[k].textContent = DigitSum.short(weight);
    });
    const texts = this.texts(stage, terms, name, results[s], place);
    this.lines.replaceChildren(...texts.map((text) => live.make("p", {}, text)));
  }

  // The sum in numbers, and what becomes of it.
  texts(stage, terms, name, { z, bent, out }, place) {
    const { shown } = live;
    const channel = place % stage.out[2];
    const word = (key, values) =>
      this.figure.word(key, { z: shown(z[place]), value: shown(bent[place]), ...values });
    const lines =
      stage.kind === "sum"
        ? this.sums(stage, terms, name, channel, word)
        : [word(stage.kind, { sum: this.listed(terms, stage.kind) })];
    if (stage.last) lines.push(word("softmax"));
    else if (stage.kind === "sum" && !stage.linear) lines.push(word("bend"));
    if (!stage.factor) return lines;
    const [factor, shift] = [stage.factor[channel], stage.shift[channel]];
    const normed = shown(bent[place] * factor + shift);
    lines.push(word("norm", { factor: this.signed(factor), shift: this.signed(shift), out: normed }));
    if (stage.bendsLast) lines.push(word("bend", { z: normed, value: shown(out[place]) }));
    return lines;
  }

  listed(terms, kind) {
    return terms.map(({ value }) => this.signed(value)).join(kind === "mean" ? " + " : ", ");
  }

  sums({ below: [height, width, channels], bias }, terms, name, channel, word) {
    const product = ({ value, weight }) => ({
      text: `${this.signed(value)} \u00b7 ${this.signed(weight)}`,
      value: value * weight,
    });
    const own = this.written(this.shown.map(product));
    const start = `${this.signed(bias[channel])} + `;
    if (channels === 1) return [word("biasSum", { sum: start + own })];
    if (terms.length === channels)
      return [word("biasSum", { sum: start + this.written(terms.map(product)) })];
    const maps = Array.from({ length: channels }, () => 0);
    for (const { c, value, weight } of terms) maps[c] += value * weight;
    const parts = maps.map((value) => ({ text: this.signed(value), value }));
    const total = live.shown(maps[this.figure.state.via - 1]);
    return [
      word("oneMap", { below: name, sum: own, total }),
      word("byMap", { sum: start + this.written(parts) }),
    ];
  }

  // All terms of a sum, or the largest and what the others make together.
  written(parts) {
    if (parts.length <= DigitSum.MOST) return parts.map(({ text }) => text).join(" + ");
    const sorted = [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const rest = sorted.slice(DigitSum.LARGEST);
    const sum = live.shown(rest.reduce((total, { value }) => total + value, 0));
    const most = sorted.slice(0, DigitSum.LARGEST).map(({ text }) => text);
    return [...most, this.figure.word("others", { count: rest.length, sum })].join(" + ");
  }

  signed(value) {
    return value < 0 ? `(${live.shown(value, 3)})` : live.shown(value, 3);
  }
}
