// The playground's controls: what is trained, how far, own points, and the program in Keras.
class PlaygroundPanel {
  constructor(figure) {
    Object.assign(this, { figure, controls: [] });
    const { make } = live;
    this.settings = make("div", {}, this.presets(), this.folded());
    this.transport = this.run();
    this.more = make("div", {}, this.own(), this.keras());
  }

  word(key, values) {
    return this.figure.word(key, values);
  }

  button(key, onclick) {
    return controls.button(this.figure, key, onclick);
  }

  // Experiments by name; "your own" as soon as a setting is another.
  presets() {
    const names = Object.keys(playgroundPresets);
    const option = (name) => live.make("option", { value: name }, this.word(`preset.${name}`));
    const onchange = ({ target: { value } }) => value in playgroundPresets && this.figure.set(this.preset(value));
    this.preset = (name) => {
      const first = Object.entries(this.figure.fields).map(([key, { otherwise }]) => [key, otherwise]);
      const { hide, px, py, tests, own } = this.figure.state;
      return { ...Object.fromEntries(first), hide, px, py, tests, own, ...playgroundPresets[name] };
    };
    this.chosen = live.make("select", { onchange }, ...names.map(option), option("mine"));
    const label = live.make("label", {}, this.word("preset"), this.chosen);
    return live.make("div", { class: "live-controls", "data-part": "preset" }, label);
  }

  // In a chapter, and on a phone, the settings wait until they are asked for.
  folded() {
    const about = { open: !this.figure.dataset.page && this.figure.roomy, "data-part": "settings" };
    return controls.folded(this.figure, "settings", about, ...this.groups());
  }

  groups() {
    const { figure } = this;
    const whole = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
    const select = (key, values) => controls.select(figure, key, values);
    const number = (key) => controls.number(figure, key);
    const keys = (of) => Object.keys(of);
    return [
      this.group("data", [select("data", playgroundData.names), number("noise")]),
      this.group("network", [select("layers", whole(0, 8)), select("units", whole(1, 8)), select("activation", keys(activations.all)), select("init", keys(dense.initial))]),
      this.group("training", [
        select("loss", keys(activations.losses)),
        select("optimizer", keys(dense.steps)),
        ...["rate", "batch", "l1", "l2", "dropout", "seed"].map(number),
        select("runs", ["1", "3", "6"]),
      ]),
    ];
  }

  group(name, all) {
    this.controls.push(...all);
    const legend = live.make("legend", {}, this.word(`${name}_group`));
    const box = live.make("div", { class: "live-controls" }, ...all.map(({ element }) => element));
    return live.make("fieldset", { class: "play-group", "data-part": name }, legend, box);
  }

  run() {
    const { figure } = this;
    const at = controls.number(figure, "at");
    this.controls.push(at);
    const most = (epoch) => Math.min(epoch, figure.constructor.MOST);
    const next = () => figure.set({ at: most(figure.state.at + 10) });
    this.play = this.button("play", () => (figure.running ? figure.halt() : figure.start()));
    const all = [this.button("zero", () => figure.set({ at: 0 })), this.button("next", next), this.play, at.element];
    return live.make("div", { class: "live-controls", "data-part": "run" }, ...all);
  }

  // A reader's own points: pasted as text, or put at the place that is looked at.
  own() {
    const { make } = live;
    const { figure } = this;
    this.text = make("textarea", { rows: 6, cols: 24 });
    this.took = make("p", { role: "status" });
    const [zero, one] = ["0", "1"].map((value) => make("option", { value }, value));
    const kind = make("select", {}, zero, one);
    const add = () => {
      const { own, px, py } = figure.state;
      const room = own.length < 3 * playgroundData.FULL;
      if (room) figure.set({ data: "own", own: [...own, px, py, Number(kind.value)] });
    };
    return controls.folded(
      figure,
      "ownTitle",
      { "data-part": "own" },
      make("div", { class: "live-controls" }, this.button("add", add), make("label", {}, this.word("class"), kind)),
      make("label", { class: "play-text" }, this.word("text"), this.text),
      this.button("take", () => this.take()),
      this.took,
    );
  }

  take() {
    const { numbers, refused } = playgroundData.parse(this.text.value);
    this.took.textContent = this.word("took", { count: numbers.length / 3, refused });
    if (numbers.length) this.figure.set({ data: "own", own: numbers });
  }

  keras() {
    const { make } = live;
    const about = { class: "play-code", tabindex: "0", role: "region", "aria-label": this.word("keras") };
    this.code = make("pre", about);
    const copy = async ({ target }) => {
      await navigator.clipboard?.writeText(this.code.textContent).catch(() => {});
      getSelection().selectAllChildren(this.code); // a browser that refuses: it is ready to be copied
      target.textContent = this.word("copied");
    };
    const all = [this.button("copyCode", copy), this.code];
    return controls.folded(this.figure, "keras", { "data-part": "keras" }, ...all);
  }

  update() {
    const { figure } = this;
    const { state, points, how } = figure;
    for (const control of this.controls) control.update();
    const same = (name) => Object.entries(this.preset(name)).every(([key, value]) => state[key] === value || key === "at");
    this.chosen.value = Object.keys(playgroundPresets).find(same) ?? "mine";
    this.play.textContent = figure.word(figure.running ? "pause" : "play");
    this.play.hidden = figure.calm;
    if (figure.step) return; // what is below can wait until it stands still
    this.code.textContent = playgroundKeras(how, points, state.seed, state.at);
    const rows = Array.from({ length: state.own.length / 3 }, (_, n) => state.own.slice(3 * n, 3 * n + 3).join(", "));
    if (this.shown !== rows.join()) this.text.value = rows.join("\n");
    this.shown = rows.join();
  }
}
