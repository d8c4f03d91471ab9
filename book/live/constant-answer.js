// One constant answer to eleven waits: three losses over it, where each is lowest, and how that
// moves as waits are dragged.
{
  const { make, svg, shown } = live;
  const WAITS = [1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 70]; // minutes; on the last day there was snow
  const MOST = 80;
  const HEIGHT = 74; // of the strip with the points
  const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -MOST, End: MOST };
  const LOSSES = { squared: CurvePlot.HUES.blue, absolute: CurvePlot.HUES.orange, quantile: CurvePlot.HUES.green };
  const NAMES = Object.keys(LOSSES);
  const within = (value) => Math.min(Math.max(value, 0), MOST);

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
      this.walk = controls.walk(this, "at", () => 2 * MOST + 1, { pause: 80 });
      this.strip = new CurvePlot([0, MOST], (x, event) => this.drag(x, event), HEIGHT);
      this.dots = WAITS.map((_, k) => this.dot(k));
      this.marks = svg("g", {});
      this.strip.drawing.append(this.marks, ...this.dots);
      this.strip.drawing.setAttribute("role", "group");
      this.strip.drawing.setAttribute("aria-label", this.word("points"));
      const oninput = () => this.set({ tau: Number(this.tau.value) });
      this.tau = make("input", { type: "range", min: 0.05, max: 0.95, step: 0.05, oninput });
      this.output = make("output");
      this.rows = make("div", { class: "curve-rows", "data-part": "formulas" });
      return [
        this.walk.element,
        make("div", { class: "curve-single" }, this.plot.drawing, make("p", { "data-part": "points" }, this.word("points")), this.strip.drawing),
        make("div", { class: "live-controls", "data-part": "tau" }, make("label", {}, this.word("tau"), this.tau), this.output),
        this.rows,
      ];
    }

    dot(k) {
      const about = { r: 6, tabindex: "0", role: "slider", "aria-valuemin": 0, "aria-valuemax": MOST };
      const onkeydown = (event) => this.key(event, k);
      return svg("circle", { ...about, "aria-label": this.word("wait", { k: k + 1 }), onkeydown });
    }

    key(event, k) {
      if (!(event.key in KEYS)) return;
      event.preventDefault();
      this.move(k, this.state.y[k] + KEYS[event.key]);
    }

    // The wait under the pointer follows it, or else the nearest one.
    drag(x, { type, target }) {
      if (type === "pointerdown") {
        const off = this.state.y.map((one) => Math.abs(one - x));
        const under = this.dots.indexOf(target);
        this.held = under < 0 ? off.indexOf(Math.min(...off)) : under;
        this.dots[this.held].focus({ preventScroll: true });
      }
      this.move(this.held, Math.round(x));
    }

    move(k, minutes) {
      this.set({ y: this.state.y.with(k, within(minutes)) });
    }

    draw() {
      const { tau, y } = this.state;
      this.losses = curves.ofConstant(tau);
      this.lowest = Object.fromEntries(NAMES.map((name) => [name, this.losses[name].lowest(y)]));
      this.walk.update();
      this.walk.slider.setAttribute("aria-valuetext", this.word("minutes", { y: shown(this.c) }));
      this.tau.value = tau;
      this.output.textContent = shown(tau);
      this.drawCurves();
      this.drawPoints();
      this.rows.replaceChildren(...NAMES.flatMap((name, i) => this.row(name, i)));
      this.tell();
    }

    drawCurves() {
      const { y } = this.state;
      const scaled = (name) => {
        const { value } = this.losses[name];
        const smallest = Math.max(value(this.lowest[name], y), 0.01); // 0 if all waits are equal
        return (c) => value(c, y) / smallest;
      };
      const lines = NAMES.map((name, dash) => ({ f: scaled(name), hue: LOSSES[name], dash }));
      const dots = NAMES.map((name, i) => ({ x: this.lowest[name], y: lines[i].f(this.lowest[name]), hue: LOSSES[name] }));
      const lowest = NAMES.map((loss) => this.word("at", { loss: this.word(loss), what: this.called(loss), lowest: shown(this.lowest[loss]) }));
      const label = this.word("label", { lowest: lowest.join("; "), c: shown(this.c) });
      const xTicks = [0, 10, 20, 30, 40, 50, 60, 70, 80];
      this.plot.draw({ label, name: this.word("loss"), range: [0, 4], xTicks, yTicks: [0, 1, 2, 3, 4], curves: lines, dots, at: this.c, place: `c = ${shown(this.c)}` });
    }

    // In how many rows the waits have to be stacked so that none covers another: each one's row.
    stacked() {
      const { y } = this.state;
      return y.reduce((rows, one, k) => {
        const taken = rows.filter((_, i) => Math.abs(y[i] - one) < 3.2); // minutes, a dot's width
        return [...rows, y.findIndex((_, row) => !taken.includes(row))];
      }, []);
    }

    drawPoints() {
      const { y } = this.state;
      const rows = this.stacked();
      this.dots.forEach((dot, k) => {
        const place = { cx: this.strip.across(y[k]), cy: HEIGHT - 10 - 13 * (rows[k] % 5), "aria-valuenow": y[k] };
        for (const [key, value] of Object.entries(place)) dot.setAttribute(key, value);
        dot.setAttribute("aria-valuetext", this.word("minutes", { y: shown(y[k]) }));
      });
      const line = (name, i) => {
        const x = this.strip.across(this.lowest[name]);
        return svg("line", { x1: x, x2: x, y1: 0, y2: HEIGHT, class: "curve-ink", ...CurvePlot.ink(LOSSES[name], i) });
      };
      this.marks.replaceChildren(...NAMES.map(line));
    }

    called(name) {
      return this.word(`lowest.${name}`, { tau: shown(this.state.tau) });
    }

    row(name, i) {
      const { tau, y } = this.state;
      const [left, right] = this.losses[name].slopes(this.c, y);
      const shorter = y.filter((one) => one < this.c).length;
      const longer = y.filter((one) => one > this.c).length;
      const about = { c: shown(this.c), mean: shown(this.lowest.squared), shorter, longer, all: y.length };
      const slopes = { tau: shown(tau), long: shown(1 - tau), slope: shown(left), left: shown(left), right: shown(right) };
      const formula = left === right ? `slope${name[0].toUpperCase()}${name.slice(1)}` : "kink";
      const lowest = this.word("row", { what: this.called(name), lowest: shown(this.lowest[name]) });
      return [
        make("p", {}, CurvePlot.sample(LOSSES[name], i), make("strong", {}, ` ${this.word(name)}`), lowest),
        make("p", { class: "curve-formula" }, this.word(formula, { ...about, ...slopes })),
      ];
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
      const numbers = { mean: shown(mean), median: shown(median), quantile: shown(quantile), tau: shown(tau), c: shown(this.c) };
      const below = y.filter((one) => one < mean).length;
      this.say(this.word("says", { ...numbers, below, all: y.length, wishes: NAMES.map((name) => this.wish(name)).join(", ") }));
    }
  }

  live.define("constant-answer", ConstantAnswer);
}
