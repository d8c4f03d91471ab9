// Two losses of the same answer: how each changes with the sum before the output, and how hard it
// pulls there. Squared error's slope has to pass the sigmoid or the softmax, and cross-entropy's
// cancels it.
{
  const { make, shown } = live;
  const [FAR, STEPS] = [8, 160]; // z in tenths
  const LOSSES = { crossEntropy: CurvePlot.HUES.orange, squaredError: CurvePlot.HUES.blue };
  const DASH = { crossEntropy: 0, squaredError: 1 };
  const SQUARED =
    "\u2202L/\u2202z\u2096 = 2 p\u2096 (e\u2096 \u2212 \u03a3 p\u2c7c e\u2c7c), e = p \u2212 y";
  const signed = (value) => (value < 0 ? `(${shown(value)})` : shown(value));

  class LossSlopes extends live.Figure {
    static fields = {
      output: address.choice("sigmoid", ["sigmoid", "softmax"]),
      at: address.whole(20, 0, STEPS), // z = -6: sure, and wrong
      y: address.whole(1, 0, 1),
      right: address.whole(1, 1, 3),
      z2: address.number(2, -20, 20),
      z3: address.number(0, -20, 20),
      x: address.number(1, -100, 100),
    };
    static parts = ["choices", "walk", "formulas"];

    get z() {
      return (this.state.at - STEPS / 2) / 10;
    }

    get softmax() {
      return this.state.output === "softmax";
    }

    get sum() {
      return this.softmax ? "z\u2081" : "z";
    }

    // Whether a larger z would be right.
    get up() {
      return this.softmax ? this.state.right === 1 : this.state.y === 1;
    }

    // Both losses where the sum that moves is z.
    behind(z) {
      const { y, right, z2, z3 } = this.state;
      return this.softmax
        ? curves.behindSoftmax([z, z2, z3], right - 1)
        : curves.behindSigmoid(z, y);
    }

    build() {
      const moved = (z) => this.set({ at: Math.round(z * 10) + STEPS / 2 });
      const select = (key, values) => controls.select(this, key, values, "choices");
      const number = (key) => controls.number(this, key, "choices");
      const plot = () => new CurvePlot([-FAR, FAR], moved);
      const said = () => `${this.sum} = ${shown(this.z)}`;
      this.plots = { loss: plot(), pull: plot() };
      this.walk = controls.walk(this, "at", () => STEPS + 1, { pause: 80, said });
      this.one = [select("y", [1, 0])];
      this.three = [select("right", [1, 2, 3]), number("z2"), number("z3")];
      const choices = [select("output", ["sigmoid", "softmax"]), ...this.one, ...this.three];
      choices.push(number("x"));
      this.controls = [...choices, this.walk];
      this.rows = make("div", { class: "curve-rows", "data-part": "formulas" });
      return [
        make("div", { class: "live-controls" }, ...choices.map(({ element }) => element)),
        this.walk.element,
        make("div", { class: "curve-plots" }, this.plots.loss.drawing, this.plots.pull.drawing),
        this.rows,
      ];
    }

    draw() {
      for (const control of this.controls) control.update();
      for (const { element } of this.one) element.hidden = this.softmax;
      for (const { element } of this.three) element.hidden = !this.softmax;
      this.now = this.behind(this.z);
      this.plot("loss", [0, 9], [0, 2, 4, 6, 8], ({ value }) => value);
      this.plot(
        "pull",
        this.up ? [-0.3, 1.1] : [-1.1, 0.3],
        [-1, -0.5, 0, 0.5, 1],
        ({ slopes }) => -slopes[0],
      );
      this.rows.replaceChildren(...(this.softmax ? this.several() : this.single()));
      this.tell();
    }

    plot(what, range, yTicks, of) {
      const losses = Object.entries(LOSSES);
      const curve = (loss) => (z) => of(this.behind(z)[loss]);
      const lines = losses.map(([loss, hue]) => ({ f: curve(loss), hue, dash: DASH[loss] }));
      const dots = losses.map(([loss, hue]) => ({ x: this.z, y: of(this.now[loss]), hue }));
      const [crossed, squared] = losses.map(([loss]) => shown(of(this.now[loss])));
      const [name, z] = [this.word(what), shown(this.z)];
      const label = this.word("label", { what: name, z, crossed, squared });
      const xTicks = [-8, -6, -4, -2, 0, 2, 4, 6, 8];
      this.plots[what].draw({
        label,
        name,
        range,
        xTicks,
        yTicks,
        curves: lines,
        dots,
        at: this.z,
        place: `${this.sum} = ${z}`,
      });
    }

    // The formulas behind a sigmoid, with their numbers.
    single() {
      const { y } = this.state;
      const [a] = this.now.probs;
      const [crossed] = this.now.crossEntropy.slopes;
      const [squared] = this.now.squaredError.slopes;
      const numbers = `2 \u00b7 ${signed(a - y)} \u00b7 ${shown(a)} \u00b7 ${shown(1 - a)}`;
      return [
        this.line(this.word("answerSigmoid", { a: shown(a), y })),
        this.title("crossEntropy"),
        this.line(`\u2202L/\u2202z = a \u2212 y = ${shown(a)} \u2212 ${y} = ${shown(crossed)}`),
        this.weight(crossed),
        this.title("squaredError"),
        this.line(
          `\u2202L/\u2202z = 2 (a \u2212 y) \u00b7 a (1 \u2212 a) = ${numbers} = ${shown(squared)}`,
        ),
        this.weight(squared),
      ];
    }

    // The same behind a softmax: all three logits.
    several() {
      const { right } = this.state;
      const { probs, errors, squaredError } = this.now;
      const mean = probs.reduce((sum, p, k) => sum + p * errors[k], 0);
      const [p, e] = [probs, errors].map((numbers) => numbers.map((number) => shown(number)));
      const y = (k) => Number(k === right - 1);
      const factor = (k) => `2 \u00b7 ${p[k]} \u00b7 (${e[k]} \u2212 ${signed(mean)})`;
      const crossed = (k) => `${p[k]} \u2212 ${y(k)} = ${e[k]}`;
      const squared = (k) => `${factor(k)} = ${shown(squaredError.slopes[k])}`;
      const name = (k) => `\u2202L/\u2202z${"\u2081\u2082\u2083"[k]}`;
      const each = (formula) => [0, 1, 2].map((k) => this.line(`${name(k)} = ${formula(k)}`));
      return [
        this.line(this.word("answerSoftmax", { p: p.join(", "), right })),
        this.title("crossEntropy"),
        this.line("\u2202L/\u2202z\u2096 = p\u2096 \u2212 y\u2096"),
        ...each(crossed),
        this.weight(errors[0]),
        this.title("squaredError"),
        this.line(SQUARED),
        ...each(squared),
        this.weight(squaredError.slopes[0]),
      ];
    }

    line(text) {
      return make("p", { class: "curve-formula" }, text);
    }

    title(loss) {
      return make(
        "p",
        {},
        CurvePlot.sample(LOSSES[loss], DASH[loss]),
        make("strong", {}, ` ${this.word(loss)}`),
      );
    }

    weight(slope) {
      const { x } = this.state;
      return this.line(
        this.word("weight", { slope: signed(slope), x: signed(x), product: shown(slope * x) }),
      );
    }

    tell() {
      const { y, right } = this.state;
      const [a] = this.now.probs;
      const given = this.softmax ? this.now.probs[right - 1] : y ? a : 1 - a;
      const [crossed, squared] = ["crossEntropy", "squaredError"].map(
        (loss) => -this.now[loss].slopes[0],
      );
      const times = crossed / squared;
      const ratio =
        times > 1 && Number.isFinite(times) ? this.word("ratio", { times: shown(times, 3) }) : "";
      this.say(
        this.word("says", {
          sum: this.sum,
          z: shown(this.z),
          given: shown(given),
          crossed: shown(crossed),
          squared: shown(squared),
          ratio,
        }),
      );
    }
  }

  live.define("loss-slopes", LossSlopes);
}
