// One constant answer to eleven waits: three losses over it, where each is lowest, and how that
// moves as waits are dragged.
{
  const { make, shown } = live;
  const WAITS = [1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 70]; // minutes; on the last day there was snow
  const MOST = 80;
  const LOSSES = {
    squared: CurvePlot.HUES.blue,
    absolute: CurvePlot.HUES.green,
    quantile: CurvePlot.HUES.orange,
  };
  const NAMES = Object.keys(LOSSES);

  class ConstantAnswer extends live.Figure {
    static fields = {
      at: address.whole(18, 0, 2 * MOST), // c = 9 minutes, in halves: there the losses disagree
      tau: address.number(0.9, 0.05, 0.95),
      y: address.numbers(WAITS, WAITS.length, 0, MOST),
    };
    static parts = ["walk", "tau", "points", "formulas"];

    settle(state) {
      return { ...state, y: state.y.length === WAITS.length ? state.y : WAITS };
    }

    get c() {
      return this.state.at / 2;
    }

    build() {
      this.plot = new CurvePlot([0, MOST], (c) => this.set({ at: Math.round(2 * c) }));
      const said = () => this.minutes(this.c);
      this.walk = controls.walk(this, "at", () => 2 * MOST + 1, { pause: 80, said });
      const words = (k) => this.word("wait", { k: k + 1 });
      const changed = (k, wait) => this.set({ y: this.state.y.with(k, wait) });
      this.waits = new DraggedPoints([0, MOST], WAITS.length, words, changed);
      this.waits.drawing.setAttribute("aria-label", this.word("points"));
      const oninput = () => this.set({ tau: Number(this.tau.value) });
      this.tau = make("input", { type: "range", min: 0.05, max: 0.95, step: 0.05, oninput });
      this.output = make("output");
      this.rows = make("div", { class: "curve-rows", "data-part": "formulas" });
      return [
        this.walk.element,
        make("div", { class: "curve-single" }, this.plot.drawing, this.below()),
        make(
          "div",
          { class: "live-controls", "data-part": "tau" },
          make("label", {}, this.word("tau"), this.tau),
          this.output,
        ),
        this.rows,
      ];
    }

    below() {
      const words = make("p", {}, this.word("points"));
      return make("div", { "data-part": "points" }, words, this.waits.drawing);
    }

    draw() {
      const { tau, y } = this.state;
      this.losses = curves.ofConstant(tau);
      this.lowest = Object.fromEntries(NAMES.map((name) => [name, this.losses[name].lowest(y)]));
      this.walk.update();
      this.tau.value = tau;
      this.output.textContent = shown(tau);
      this.drawCurves();
      this.drawWaits();
      this.rows.replaceChildren(...NAMES.flatMap((name, i) => this.row(name, i)));
      this.tell();
    }

    minutes(y) {
      return this.word("minutes", { y: shown(y) });
    }

    // A loss over its smallest value, as a function of the answer.
    scaled(name) {
      const { y } = this.state;
      const { value } = this.losses[name];
      const smallest = Math.max(value(this.lowest[name], y), 0.01); // 0 if all waits are equal
      return (c) => value(c, y) / smallest;
    }

    drawCurves() {
      const lines = NAMES.map((name, dash) => ({ f: this.scaled(name), hue: LOSSES[name], dash }));
      const dots = lines.map(({ f, hue }, i) => {
        const x = this.lowest[NAMES[i]];
        return { x, y: f(x), hue };
      });
      const lowest = NAMES.map((name) => this.word("at", this.about(name))).join("; ");
      const label = this.word("label", { lowest, c: shown(this.c) });
      const xTicks = [0, 10, 20, 30, 40, 50, 60, 70, 80];
      this.plot.draw({
        label,
        name: this.word("loss"),
        range: [0, 4],
        xTicks,
        yTicks: [0, 1, 2, 3, 4],
        curves: lines,
        dots,
        at: this.c,
        place: `c = ${shown(this.c)}`,
      });
    }

    drawWaits() {
      const marks = NAMES.map((name, dash) => [this.lowest[name], LOSSES[name], dash]);
      this.waits.show(this.state.y, marks, (y) => this.minutes(y));
    }

    called(name) {
      return this.word(`lowest.${name}`, { tau: shown(this.state.tau) });
    }

    // Where a loss is lowest.
    about(name) {
      const lowest = shown(this.lowest[name]);
      return { loss: this.word(name), what: this.called(name), lowest };
    }

    row(name, dash) {
      const about = [
        CurvePlot.sample(LOSSES[name], dash),
        make("strong", {}, ` ${this.word(name)}`),
        this.word("row", this.about(name)),
      ];
      return [make("p", {}, ...about), make("p", { class: "curve-formula" }, this.slope(name))];
    }

    // A loss's slope at the answer, as a formula with its numbers.
    slope(name) {
      const { tau, y } = this.state;
      const [left, right] = this.losses[name].slopes(this.c, y);
      const numbers = { c: this.c, tau, long: 1 - tau, mean: this.lowest.squared };
      Object.assign(numbers, { slope: left, left, right, all: y.length });
      numbers.shorter = y.filter((one) => one < this.c).length;
      numbers.longer = y.filter((one) => one > this.c).length;
      const said = Object.entries(numbers).map(([key, number]) => [key, shown(number)]);
      const formula = left === right ? name : "kink";
      return this.word(`slope.${formula}`, Object.fromEntries(said));
    }

    // What a loss asks for at the answer: where its slope leads down.
    wish(name) {
      const [left, right] = this.losses[name].slopes(this.c, this.state.y);
      const wish = right < 0 ? "more" : left > 0 ? "less" : "rest";
      return this.word(wish, { loss: this.word(name).toLowerCase() });
    }

    tell() {
      const { tau, y } = this.state;
      const { squared: mean, absolute: median, quantile } = this.lowest;
      const numbers = {
        mean: shown(mean),
        median: shown(median),
        quantile: shown(quantile),
        tau: shown(tau),
        c: shown(this.c),
      };
      const below = y.filter((one) => one < mean).length;
      this.say(
        this.word("says", {
          ...numbers,
          below,
          all: y.length,
          wishes: NAMES.map((name) => this.wish(name)).join(", "),
        }),
      );
    }
  }

  live.define("constant-answer", ConstantAnswer);
}
