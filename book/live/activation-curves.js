// Activations: value and slope of one or several, at a sum that is dragged, with the numbers put
// into the formulas, and where each lets next to nothing through.
{
  const { make, shown } = live;
  const NAMES = Object.keys(curves.family(0));
  const HUE = Object.fromEntries(NAMES.map((name, i) => [name, (212 + i * 137.5) % 360]));
  const [FAR, STEPS] = [8, 160]; // z in tenths

  // Formulas of value and slope, with symbols or with numbers in place of z and of the value f.
  // The number z may stand in brackets, for its sign; those of a function are enough. In Mish,
  // s is the softplus.
  const bare = (z) => z.replace(/^\((.*)\)$/, "$1");
  const of = (f, z) => `${f}(${bare(z)})`;
  const sigma = (z) => of("\u03c3", z);
  const FORMULAS = {
    step: [(z, f, either) => either("1", "0"), () => "0"],
    linear: [bare, () => "1"],
    sigmoid: [(z) => `1 / (1 + exp(\u2212${z}))`, (z, f) => `${f} \u00b7 (1 \u2212 ${f})`],
    tanh: [(z) => of("tanh", z), (z, f) => `1 \u2212 ${f}\u00b2`],
    relu: [(z) => `max(${bare(z)}, 0)`, (z, f, either) => either("1", "0")],
    leaky_relu: [
      (z, f, either, a) => either(bare(z), `${a} \u00b7 ${z}`),
      (z, f, either, a) => either("1", a),
    ],
    elu: [
      (z, f, either) => either(bare(z), `${of("exp", z)} \u2212 1`),
      (z, f, either) => either("1", `${f} + 1`),
    ],
    softplus: [(z) => `ln(1 + ${of("exp", z)})`, sigma],
    silu: [
      (z) => `${z} \u00b7 ${sigma(z)}`,
      (z) => `${sigma(z)} \u00b7 (1 + ${z} \u00b7 (1 \u2212 ${sigma(z)}))`,
    ],
    gelu: [
      (z) => `${z} \u00b7 ${of("\u03a6", z)}`,
      (z) => `${of("\u03a6", z)} + ${z} \u00b7 ${of("\u03c6", z)}`,
    ],
    mish: [
      (z, f, either, a, s) => `${z} \u00b7 ${of("tanh", s)}`,
      (z, f, either, a, s) =>
        `${of("tanh", s)} + ${z} \u00b7 ${sigma(z)} \u00b7 (1 \u2212 ${of("tanh", s)}\u00b2)`,
    ],
  };
  const signed = (value, digits) =>
    value < 0 ? `(${shown(value, digits)})` : shown(value, digits);

  class ActivationCurves extends live.Figure {
    static fields = {
      shown: address.list(NAMES, ["sigmoid", "tanh"]),
      at: address.whole(120, 0, STEPS), // z = 4: both are saturated there
      alpha: address.number(0.2, 0, 1),
    };
    static parts = ["shown", "walk", "formulas"];

    get z() {
      return (this.state.at - STEPS / 2) / 10;
    }

    build() {
      const moved = (z) => this.set({ at: Math.round(z * 10) + STEPS / 2 });
      const plot = () => new CurvePlot([-FAR, FAR], moved);
      const said = () => `z = ${shown(this.z)}`;
      this.plots = { value: plot(), slope: plot() };
      this.walk = controls.walk(this, "at", () => STEPS + 1, { pause: 80, said });
      this.alpha = controls.number(this, "alpha", "shown");
      this.boxes = NAMES.map((name) => this.box(name));
      this.rows = make("div", { class: "curve-rows", "data-part": "formulas" });
      const plots = Object.values(this.plots).map(({ drawing }) => drawing);
      return [
        this.choice(),
        this.walk.element,
        make("div", { class: "curve-plots" }, ...plots),
        make("p", {}, this.word("strips")),
        this.rows,
      ];
    }

    choice() {
      const all = [...this.boxes, this.alpha].map(({ element }) => element);
      const box = make("div", { class: "live-controls" }, ...all);
      const about = { class: "curve-choice", "data-part": "shown" };
      return make("fieldset", about, make("legend", {}, this.word("shown")), box);
    }

    box(name) {
      const onchange = () =>
        this.set({ shown: this.boxes.filter(({ input }) => input.checked).map((box) => box.name) });
      const input = make("input", { type: "checkbox", onchange });
      const dash = NAMES.indexOf(name) % CurvePlot.DASHES.length;
      const words = [CurvePlot.sample(HUE[name], dash), this.word(`name.${name}`)];
      return { name, input, dash, element: make("label", {}, input, ...words) };
    }

    draw() {
      const family = curves.family(this.state.alpha);
      const chosen = this.boxes.filter(({ name }) => this.state.shown.includes(name));
      this.all = chosen.map(({ name, dash }) => ({ name, dash, ...this.about(family[name]) }));
      for (const { name, input } of this.boxes) input.checked = this.state.shown.includes(name);
      this.alpha.update();
      this.alpha.control.disabled = !this.state.shown.includes("leaky_relu");
      this.walk.update();
      this.plot("value", [-2, 4], [-2, -1, 0, 1, 2, 3, 4], "f", ({ value }) => value);
      const below = -0.15 - 0.065 * this.all.length; // room for a strip each
      this.plot(
        "slope",
        [below, 1.2],
        [0, 0.25, 0.5, 0.75, 1],
        "slope",
        (one) => (z) => curves.slopeAt(one, z),
        this.strips(),
      );
      this.rows.replaceChildren(...this.all.map((one) => this.row(one)));
      this.tell();
    }

    // What is to be said of an activation at z.
    about(activation) {
      const [f, slope] = [activation.value(this.z), curves.slopeAt(activation, this.z)];
      const top = curves.steepest(activation);
      return { activation, f, slope, top, deaf: curves.saturated(slope, top) };
    }

    plot(what, range, yTicks, key, curve, strips = []) {
      const lines = this.all.map(({ name, activation, dash }) => ({
        f: curve(activation),
        hue: HUE[name],
        dash,
      }));
      const dots = this.all.map((one) => ({ x: this.z, y: one[key], hue: HUE[one.name] }));
      const names = this.all.map(({ name }) => this.word(`name.${name}`)).join(", ");
      const about = { what: this.word(what), names, z: shown(this.z), all: this.listed(key) };
      const label = this.all.length ? this.word("label", about) : this.word("saysNone");
      const xTicks = [-8, -6, -4, -2, 0, 2, 4, 6, 8];
      this.plots[what].draw({
        label,
        name: this.word(what),
        range,
        xTicks,
        yTicks,
        curves: lines,
        dots,
        strips,
        at: this.z,
        place: `z = ${shown(this.z)}`,
      });
    }

    // Where each is saturated: from tenth to tenth of z.
    strips() {
      return this.all.flatMap(({ name, activation, top }, row) => {
        const ends = [];
        for (let i = 0; i < STEPS; i++) {
          const [from, to] = [i / 10 - FAR, (i + 1) / 10 - FAR];
          if (!curves.saturated(curves.slopeAt(activation, (from + to) / 2), top)) continue;
          if (ends.at(-1)?.[1] === from) ends.at(-1)[1] = to;
          else ends.push([from, to]);
        }
        return ends.map((pair) => this.plots.slope.strip(pair, row, HUE[name]));
      });
    }

    listed(key) {
      const one = (about) =>
        this.word("one", { name: this.word(`name.${about.name}`), number: shown(about[key]) });
      return this.all.map(one).join(", ");
    }

    row({ name, dash, f, slope, top, deaf }) {
      const lines = FORMULAS[name].map((formula, i) =>
        this.written(formula, ["f(z)", "f\u2032(z)"][i], [f, slope][i], f),
      );
      const verdict = top
        ? `${this.word("top", { top: shown(top, 3) })} ${this.word(deaf ? "saturated" : "open")}`
        : this.word("flat");
      const bent = name === "relu" || (name === "leaky_relu" && this.state.alpha < 1);
      const corner = this.z === 0 && bent ? this.word("corner") : "";
      const note = { gelu: this.word("normal"), mish: this.word("softplus") }[name] ?? "";
      return make(
        "div",
        {},
        make(
          "p",
          {},
          CurvePlot.sample(HUE[name], dash),
          make("strong", {}, ` ${this.word(`name.${name}`)}. `),
          verdict + corner + note,
        ),
        ...lines.map((text) => make("p", { class: "curve-formula" }, text)),
      );
    }

    // A formula, the same with numbers where that says more, and its result.
    written(formula, name, result, f) {
      let joined = " = ";
      const either = (yes, no) => {
        joined = this.word("here");
        return this.word("ifPositive", { yes, no, z: "z" });
      };
      const taken = (yes, no) => (this.z > 0 ? yes : no);
      const symbols = formula("z", "f", either, "\u03b1", "s");
      const s = shown(curves.family(0).softplus.value(this.z));
      const numbers = formula(signed(this.z), signed(f, 7), taken, shown(this.state.alpha), s);
      const parts = [symbols, numbers, shown(result)].filter((part, i, all) => part !== all[i - 1]);
      return `${name} = ${parts[0]}${parts.length > 1 ? joined : ""}${parts.slice(1).join(" = ")}`;
    }

    tell() {
      const deaf = this.all.filter((one) => one.deaf).map(({ name }) => this.word(`name.${name}`));
      const said = this.word("says", { z: shown(this.z), all: this.listed("slope") });
      const more = deaf.length ? this.word("saysSaturated", { names: deaf.join(", ") }) : "";
      this.say(this.all.length ? said + more : this.word("saysNone"));
    }
  }

  live.define("activation-curves", ActivationCurves);
}
