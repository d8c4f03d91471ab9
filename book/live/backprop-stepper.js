// Back-propagation, step by step: one value, one slope or the update, beside its formula, its
// numbers and what nudging says.
{
  const { make, shown } = live;
  const GIVEN = { x1: 1, x2: 2, y: 1, w11: 2, w21: -1, b1: 0, w12: -1, w22: 1, b2: -1 };
  Object.assign(GIVEN, { v1: 2, v2: -1, c: -0.5 });
  const SHORT = { sigmoid: "\u03c3", relu: "ReLU", gelu: "GELU", silu: "SiLU", elu: "ELU" };
  const NAMES = Object.keys(activations.all);
  const signed = (value) => (value < 0 ? `(${shown(value)})` : shown(value));

  class BackpropStepper extends live.Figure {
    static fields = {
      ...Object.fromEntries(
        Object.entries(GIVEN).map(([name, value]) => [name, address.number(value, -100, 100)]),
      ),
      hidden: address.choice("sigmoid", NAMES),
      last: address.choice("sigmoid", NAMES),
      loss: address.choice("mean_squared_error", Object.keys(activations.losses)),
      rate: address.number(1, 0, 100),
      at: address.whole(16, 0, 99), // the slope in w11: the first weight that was far from the loss
    };
    static parts = ["choices", "walk", "numbers"];

    settle(state) {
      const crossed = state.loss === "binary_crossentropy";
      const last = crossed ? "sigmoid" : state.last; // the loss has the sigmoid in it
      const y = crossed ? Math.min(Math.max(state.y, 0), 1) : state.y;
      this.steps = backprop.network({ ...state, last });
      this.path = backprop.walk(this.steps);
      return { ...state, last, y, at: Math.min(state.at, this.path.length - 1) };
    }

    build() {
      const select = (key, values) => controls.select(this, key, values, "choices");
      const losses = Object.keys(activations.losses);
      const choices = [select("hidden", NAMES), select("last", NAMES), select("loss", losses)];
      choices.push(controls.number(this, "rate", "choices"));
      const numbers = Object.keys(GIVEN).map((name) => controls.number(this, name, "numbers"));
      const about = { pause: 1200, next: () => this.next() };
      this.walk = controls.walk(this, "at", () => this.path.length, about);
      this.controls = [...choices, ...numbers, this.walk];
      this.graph = new BackpropGraph((name) => this.word(name));
      const label = this.word("graph");
      const onkeydown = (event) => this.key(event);
      const region = { class: "live-wide", tabindex: "0", role: "region", onkeydown };
      this.region = make("div", { ...region, "aria-label": label }, this.graph.drawing);
      this.text = make("div", { class: "back-text" });
      return [
        make("div", { class: "live-controls" }, ...choices.map(({ element }) => element)),
        this.walk.element,
        this.region,
        this.text,
        this.fieldset(numbers),
      ];
    }

    fieldset(numbers) {
      const legend = make("legend", {}, this.word("numbers"));
      const all = numbers.map(({ element }) => element);
      const box = make("div", { class: "live-controls" }, ...all);
      return make("fieldset", { class: "back-numbers", "data-part": "numbers" }, legend, box);
    }

    key(event) {
      if (event.key !== " ") return;
      event.preventDefault();
      this.next();
    }

    // The next step; behind the last one the first again, with the new numbers.
    next() {
      const { at } = this.state;
      if (this.path[at].kind !== "update") return this.set({ at: at + 1 });
      const within = ([name, value]) => [name, Math.min(Math.max(value, -100), 100)];
      this.set({ ...Object.fromEntries(Object.entries(this.updated).map(within)), at: 0 });
    }

    draw() {
      const given = Object.fromEntries(Object.keys(GIVEN).map((name) => [name, this.state[name]]));
      this.values = backprop.forward(this.steps, given);
      this.slopes = backprop.backward(this.steps, this.values);
      this.updated = backprop.updated(this.values, this.slopes, this.state.rate);
      for (const control of this.controls) control.update();
      this.controls[1].control.disabled = this.state.loss === "binary_crossentropy";
      if (this.connected !== this.state.loss) this.graph.connect(this.steps);
      this.connected = this.state.loss;
      this.tell();
    }

    // What is known at this step: all values before it, and all slopes.
    known(kind, all, first) {
      const done = this.path.slice(0, this.state.at + 1).filter((step) => step.kind === kind);
      const names = [...first, ...done.map(({ name }) => name)];
      return Object.fromEntries(names.map((name) => [name, all[name]]));
    }

    tell() {
      const { at } = this.state;
      const { kind, name } = this.path[at];
      const lines = this[kind](name); // forward, backward or update
      const values = this.known("forward", this.values, Object.keys(GIVEN));
      const slopes = this.known("backward", this.slopes, kind === "forward" ? [] : ["L"]);
      const step = (from, user) =>
        this.steps.find((one) => one.name === user).slopes[from].value(this.values);
      this.graph.show(values, slopes, step, lines.lit);
      this.graph.bringIntoView(lines.lit[0], this.region);
      this.graph.drawing.setAttribute("aria-label", this.word("graphLabel", { said: lines.said }));
      const about = { at: at + 1, count: this.path.length, kind: this.word(kind) };
      const where = this.word("where", about);
      const rows = lines.rows.map((text) => make("p", { class: "back-row" }, text));
      this.text.replaceChildren(make("p", {}, where), ...rows);
      this.say(lines.said);
    }

    forward(name) {
      const step = this.steps.find((one) => one.name === name);
      const symbols = this.formula(step, (part) => this.word(part));
      const numbers = this.formula(step, (part) => signed(this.values[part]));
      const value = shown(this.values[name]);
      const said = this.word("saysForward", { name: this.word(name), value });
      const uses = step.kind === "loss" ? [step.from, "y"] : Object.keys(step.slopes);
      const rows = [`${this.word(name)} = ${symbols}`, `= ${numbers} = ${value}`];
      return { rows, said, lit: [name, ...uses] };
    }

    // A step as a formula, with symbols or numbers for its parts.
    formula(step, put) {
      if (step.kind === "sum") {
        const products = step.pairs.map(([w, x]) => `${put(w)} \u00b7 ${put(x)}`);
        return [...products, put(step.bias)].join(" + ");
      }
      if (step.kind === "bend") return `${SHORT[step.activation] ?? step.activation}(${put(step.from)})`;
      if (step.loss === "mean_squared_error") return `(${put("a")} \u2212 ${put("y")})\u00b2`;
      const [y, a] = [put("y"), put("a")];
      return `\u2212${y} \u00b7 ln ${a} \u2212 (1 \u2212 ${y}) \u00b7 ln(1 \u2212 ${a})`;
    }

    backward(name) {
      const own = this.word(name);
      const users = backprop.users(this.steps, name);
      const value = this.slopes[name];
      const nudge = backprop.nudged(this.steps, this.values, name);
      const rows = this.chain(name, users);
      rows.push(this.word("nudging", { name: own, value: shown(nudge, 7) }));
      const apart = Math.abs(nudge - value) > 1e-4 * Math.max(1, Math.abs(value));
      if (apart) rows.push(this.word("kink"));
      const said = this.word("saysBackward", { name: own, value: shown(value) });
      return { rows, said, lit: [name, ...users.map((user) => user.name)] };
    }

    // The chain rule for one slope: in symbols, with the slopes of the single steps, with numbers.
    chain(name, users) {
      const [d, times] = ["\u2202", " \u00b7 "];
      const sum = (factors) => {
        const terms = users.map((user) => factors(user, user.name === "L").filter(Boolean));
        return terms.map((term) => term.join(times)).join(" + ");
      };
      const own = this.word(name);
      const of = (user) => `${d}L/${d}${this.word(user.name)}`;
      const single = (user) => `${d}${this.word(user.name)}/${d}${own}`;
      const number = (user) => signed(user.slopes[name].value(this.values));
      const numbers = sum((user, end) => [!end && signed(this.slopes[user.name]), number(user)]);
      return [
        `${d}L/${d}${own} = ${sum((user, end) => [!end && of(user), single(user)])}`,
        `= ${sum((user, end) => [!end && of(user), this.local(user, name)])}`,
        `= ${numbers} = ${shown(this.slopes[name])}`,
      ];
    }

    // The slope of one step in one of what it uses, as a formula.
    local(step, name) {
      if (step.kind === "sum") return this.word(step.slopes[name].text);
      if (step.kind === "loss") return step.from === "a" ? "2 (a \u2212 y)" : "(a \u2212 y)";
      const [z, a] = [this.word(step.from), this.word(step.name)];
      const either = (yes, no) => this.word("ifPositive", { yes, no, z });
      const known = {
        linear: () => "1",
        sigmoid: () => `${a} (1 \u2212 ${a})`,
        tanh: () => `(1 \u2212 ${a}\u00b2)`,
        relu: () => `(${either("1", "0")})`,
        leaky_relu: () => `(${either("1", "0.3")})`,
        elu: () => `(${either("1", `${a} + 1`)})`,
        softplus: () => `\u03c3(${z})`,
        gelu: () => `(\u03a6(${z}) + ${z} \u03c6(${z}))`,
        silu: () => `\u03c3(${z}) (1 + ${z} (1 \u2212 \u03c3(${z})))`,
      };
      return known[step.activation]();
    }

    update() {
      const { rate } = this.state;
      const rows = backprop.LEARNED.map((name) => {
        const [old, slope] = [this.values[name], this.slopes[name]];
        const sum = `${shown(old)} \u2212 ${shown(rate)} \u00b7 ${signed(slope)}`;
        return `${this.word(name)}: ${sum} = ${shown(this.updated[name])}`;
      });
      const after = backprop.forward(this.steps, { ...this.values, ...this.updated }).L;
      const said = this.word("saysUpdate", { before: shown(this.values.L), after: shown(after) });
      return { rows, said, lit: backprop.LEARNED };
    }
  }

  live.define("backprop-stepper", BackpropStepper);
}
