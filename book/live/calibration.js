// The reliability diagram of a network that the chapter trained, with its logits divided by a
// temperature; and over all temperatures its loss and its calibration error.
{
  const { make, svg, shown } = live;
  const [FIRST, LAST, STEP] = [0.2, 6, 0.05];
  const STEPS = Math.round((LAST - FIRST) / STEP);
  const FEW = 25; // digits in a bin, below which its share says little
  const SIZE = { width: 360, height: 262, left: 36, right: 350, top: 22, bottom: 212 };
  const LINES = { loss: CurvePlot.HUES.orange, error: CurvePlot.HUES.blue };
  const DASH = { loss: 0, error: 1 };
  const percent = (share) => shown(100 * share, 3);

  class Calibration extends live.Figure {
    static fields = { at: address.whole(Math.round((1 - FIRST) / STEP), 0, STEPS) };
    static parts = ["walk", "curves", "formulas"];

    get temperature() {
      return FIRST + STEP * this.state.at;
    }

    build() {
      const { logits, labels } = arrays.of("calibration");
      this.net = { logits: logits.values, labels: labels.values, classes: logits.shape[1] };
      this.best = reliability.best(this.net);
      this.least = reliability.measured(this.net, this.best).loss;
      this.looks = this.overTemperatures();
      const moved = (T) => this.to(T);
      const said = () => `T = ${shown(this.temperature)}`;
      this.walk = controls.walk(this, "at", () => STEPS + 1, { pause: 120, said });
      const best = make("button", { type: "button", onclick: () => this.to(this.best) });
      best.append(this.word("best"));
      this.walk.element.append(best);
      this.plot = new CurvePlot([FIRST, LAST], moved);
      const about = { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" };
      this.diagram = svg("svg", { ...about, class: "curve-plot calibration-bars" });
      const second = make("div", { class: "calibration-curves", "data-part": "curves" });
      second.append(this.plot.drawing, ...Object.keys(LINES).map((key) => this.legend(key)));
      this.rows = make("div", { class: "curve-rows", "data-part": "formulas" });
      const plots = make("div", { class: "curve-plots" }, this.diagram, second);
      return [this.walk.element, plots, this.rows];
    }

    to(temperature) {
      const at = Math.round((temperature - FIRST) / STEP);
      this.set({ at: Math.min(Math.max(at, 0), STEPS) });
    }

    legend(key) {
      const sample = CurvePlot.sample(LINES[key], DASH[key]);
      return make("p", {}, sample, ` ${this.word(key)}`);
    }

    // Loss and error at every step of the slider; curves go straight in between.
    overTemperatures() {
      const looks = Array.from({ length: STEPS + 1 }, (_, i) =>
        reliability.measured(this.net, FIRST + STEP * i),
      );
      const along = (key) => (T) => {
        const place = Math.min(Math.max((T - FIRST) / STEP, 0), looks.length - 1);
        const i = Math.min(Math.floor(place), looks.length - 2);
        return looks[i][key] + (place - i) * (looks[i + 1][key] - looks[i][key]);
      };
      return { loss: along("loss"), error: along("error") };
    }

    draw() {
      this.walk.update();
      this.now = reliability.measured(this.net, this.temperature);
      this.bars();
      this.curves();
      this.formulas();
      const { confidence, accuracy } = this.now;
      const sure = { confidence: percent(confidence), accuracy: percent(accuracy) };
      this.say(this.word("says", { ...this.numbers(), ...sure }));
    }

    numbers() {
      const { error, loss } = this.now;
      const all = { T: this.temperature, error, loss, least: this.least, best: this.best };
      return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, shown(value)]));
    }

    bars() {
      const { left, right, top, bottom } = SIZE;
      const bins = this.now.bins.map((bin, k) => this.bar(bin, k));
      const { text, rule } = this.plot;
      const marks = [0, 50, 100].map((tick) =>
        text(left - 5, this.down(tick / 100) + 4, tick, "end"),
      );
      const names = [
        text(left, top - 9, this.word("diagram")),
        text(right, top - 9, `T = ${shown(this.temperature)}`, "end", "place"),
        text(left, bottom + 46, this.word("digits")),
        rule(left, bottom, right, top, "axis"),
        rule(left, bottom, right, bottom, "axis"),
      ];
      const said = this.now.bins.map((bin, k) => this.binSaid(bin, k)).join("; ");
      const T = shown(this.temperature);
      this.diagram.setAttribute("aria-label", this.word("label", { T, bins: said }));
      this.diagram.replaceChildren(...bins.flat(), ...marks, ...names);
    }

    across(confidence) {
      return SIZE.left + confidence * (SIZE.right - SIZE.left);
    }

    down(share) {
      return SIZE.bottom - share * (SIZE.bottom - SIZE.top);
    }

    binSaid({ count, right }, k) {
      const values = { from: k / 10, to: (k + 1) / 10, count, right: percent(right) };
      return this.word(count ? "bin" : "none", values);
    }

    // One bar, its mean confidence, its place on the axis and how many digits it holds.
    bar({ count, confidence, right }, k) {
      const [x, width] = [this.across(k / 10) + 1.5, this.across(0.1) - SIZE.left - 3];
      const { text, rule } = this.plot;
      const middle = x + width / 2;
      const under = [
        text(middle, SIZE.bottom + 16, `${(k + 0.5) / 10}`.slice(0, 4), "middle"),
        text(middle, SIZE.bottom + 32, count, "middle", "count"),
      ];
      if (!count) return under;
      const y = this.down(right);
      const kind = count < FEW ? "few" : "";
      const stroke = this.down(confidence);
      return [
        svg("rect", { x, y, width, height: SIZE.bottom - y, class: kind }),
        rule(x, stroke, x + width, stroke, "sure"),
        ...under,
      ];
    }

    curves() {
      const high = Math.max(this.looks.loss(1), this.looks.error(1), this.least);
      const top = [0.25, 0.5, 1, 2, 4, 8].find((value) => value >= 1.5 * high) ?? 16;
      const values = this.numbers();
      this.plot.draw({
        label: this.word("curvesLabel", { ...values, from: FIRST, to: LAST }),
        name: this.word("curves"),
        range: [0, top],
        xTicks: [1, 2, 3, 4, 5, 6],
        yTicks: [0, 1, 2, 3, 4].map((part) => (part * top) / 4),
        curves: Object.keys(LINES).map((key) => ({
          f: this.looks[key],
          hue: LINES[key],
          dash: DASH[key],
        })),
        dots: [{ x: this.best, y: this.least, hue: LINES.loss }],
        at: this.temperature,
        place: `T = ${values.T}`,
      });
    }

    formulas() {
      const { labels } = this.net;
      const term = ({ count, right, confidence }) =>
        `${count}/${labels.length} \u00b7 |${shown(right, 3)} \u2212 ${shown(confidence, 3)}|`;
      const filled = this.now.bins.filter(({ count }) => count);
      const terms = filled.map(term).join(" + ");
      const values = { ...this.numbers(), terms, few: FEW };
      const lines = ["formulaError", "formulaLoss"].map((key) =>
        make("p", { class: "curve-formula" }, this.word(key, values)),
      );
      this.rows.replaceChildren(make("p", {}, this.word("pale", values)), ...lines);
    }
  }

  live.define("calibration", Calibration);
}
