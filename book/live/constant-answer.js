// One constant answer to eleven waits: three losses over it, where each is lowest, and how that
// moves as waits are dragged.
{
  const { make, shown } = live;
  const WAITS = [1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 70]; // minutes; on the last day there was snow
  const MOST = 80;
  const LOSSES = {
    squared: CurvePlot.HUES.blue,
    absolute: CurvePlot.HUES.orange,
    quantile: CurvePlot.HUES.green,
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
      this.walk = controls.walk(this, "at", () => 2 * MOST + 1, {
        pause: 80,
        said: () => this.word("minutes", { y: shown(this.c) }),
      });
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

    drawCurves() {
      const { y } = this.state;
      const scaled = (name) => {
        const { value } = this.losses[name];
        const smallest = Math.max(value(this.lowest[name], y), 0.01); // 0 if all waits are equal
        return (c) => value(c, y) / smallest;
      };
      const lines = NAMES.map((name, dash) => ({ f: scaled(name), hue: LOSSES[name], dash }));
      const dots = NAMES.map((name, i) => ({
        x: this.lowest[name],
        y: lines[i].f(this.lowest[name]),
        hue: LOSSES[name],
      }));
      const lowest = NAMES.map((loss) =>
        this.word("at", {
          loss: this.word(loss),
          what: this.called(loss),
          lowest: shown(this.lowest[loss]),
        }),
      );
      const label = this.word("label", { lowest: lowest.join("; "), c: shown(this.c) });
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
      this.waits.show(this.state.y, marks, (y) => this.word("minutes", { y: shown(y) }));
    }

    called(name) {
      return this.word(`lowest.${name}`, { tau: shown(this.state.tau) });
    }

    row(name, i) {
      const { tau, y } = this.state;
      const [left, right] = this.losses[name].slopes(this.c, y);
      const shorter = y.filter((one) => one < this.c).length;
      const longer = y.filter((one) => one > this.c).length;
      const about = {
        c: shown(this.c),
        mean: shown(this.lowest.squared),
        shorter,
        longer,
        all: y.length,
      };
      const slopes = {
        tau: shown(tau),
        long: shown(1 - tau),
        slope: shown(left),
        left: shown(left),
        right: shown(right),
      };
      const formula = left === right ? `slope${name[0].toUpperCase()}${name.slice(1)}` : "kink";
      const lowest = this.word("row", {
        what: this.called(name),
        lowest: shown(this.lowest[name]),
      });
      return [
        make(
          "p",
          {},
          CurvePlot.sample(LOSSES[name], i),
          make("strong", {}, ` ${this.word(name)}`),
          lowest,
        ),
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
