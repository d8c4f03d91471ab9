// What stands around the pad: which network and digit, what the network sees, the classes, changes.
class DigitPanel {
  constructor(figure) {
    this.figure = figure;
    const word = (...all) => figure.word(...all);
    const { make } = live;
    this.net = controls.select(figure, "net", Object.keys(figure.nets), "net");
    this.about = make("p", { "data-part": "net" });
    this.top = make("div", {}, make("div", { class: "live-controls" }, this.net.element), this.about);
    this.picks = [];
    const row = { class: "live-wide digit-picks", "aria-label": word("digits") };
    this.row = digitPictures.row(row, () => this.picks.map(({ element }) => element));
    this.digits = make("div", { "data-part": "digits" }, make("p", {}, word("digits")), this.row);
    this.square = digitPictures.framed({ class: "digit-square digit-seen", role: "img", "aria-label": word("seen") }, digitInk.SIDE);
    this.shade = make("canvas", { class: "digit-cover", "aria-hidden": "true" });
    this.square.canvas.after(this.shade);
    this.seen = make("div", { class: "digit-part" }, make("p", {}, word("seen")), this.square.element);
    this.classes = this.bars();
    this.changes = this.sliders();
    this.cover = this.covering();
    this.looking = this.choices();
  }

  bars() {
    const { make } = live;
    this.rows = Array.from({ length: 10 }, (_, label) => {
      const onclick = () => this.figure.set({ stage: "output", map: 1, at: label });
      const [bar, said] = [make("span", { class: "digit-bar" }), make("span")];
      const element = make(
        "button",
        { type: "button", onclick },
        make("b", {}, String(label)),
        make("span", {}, bar),
        said,
      );
      return { label, bar, said, element };
    });
    this.reading = make("p");
    return make(
      "div",
      { class: "digit-part digit-classes", "data-part": "classes" },
      this.reading,
      ...this.rows.map(({ element }) => element),
    );
  }

  // Each change with its least and largest value, and the step of its slider.
  sliders() {
    const { make } = live;
    const { figure } = this;
    this.ranges = Object.entries(figure.constructor.CHANGES).map((one) => this.slider(...one));
    const onchange = () => figure.set({ mirror: this.mirror.checked });
    this.mirror = make("input", { type: "checkbox", onchange });
    const mirror = make("label", {}, this.mirror, figure.word("mirror"));
    const onclick = () => figure.set(figure.constructor.STILL);
    const undo = make("button", { type: "button", onclick }, figure.word("unchanged"));
    const about = { class: "live-controls digit-changes", role: "group", "data-part": "changes" };
    const all = [...this.ranges.map(({ element }) => element), mirror, undo];
    return make("div", { ...about, "aria-label": figure.word("changes") }, ...all);
  }

  slider(key, [min, max, step]) {
    const { make } = live;
    const oninput = () => this.figure.set({ [key]: Number(control.value) });
    const control = make("input", { type: "range", min, max, step, oninput });
    const output = make("output");
    return { key, control, output, element: make("label", {}, this.figure.word(key), control, output) };
  }

  covering() {
    const { make } = live;
    const onchange = () => this.figure.set({ cover: this.flag.checked });
    this.flag = make("input", { type: "checkbox", onchange });
    this.covered = make("p");
    const label = make("label", { class: "live-controls" }, this.flag, this.figure.word("cover"));
    return make("div", { "data-part": "cover" }, label, this.covered);
  }

  // Which layer, map and cell is looked at, and through which map below.
  choices() {
    const { make } = live;
    const { figure } = this;
    const box = () => make("div", { class: "live-controls" });
    [this.layer, this.counted] = [box(), box()];
    const how = { pause: 150, said: () => figure.place };
    this.walk = controls.walk(figure, "at", () => figure.sheet.cells, how);
    return make("div", { class: "live-controls" }, this.layer, this.counted, this.walk.element);
  }

  // Choices are made anew only where there are others, so that focus stays where it is.
  renew() {
    const { figure } = this;
    const { stages, stage, sheet } = figure;
    if (this.stages !== stages) {
      const names = stages.map(({ name }) => name);
      const look = (name) => figure.set({ stage: name, map: 1, at: Infinity }); // the middle
      this.layers = controls.select(figure, "stage", names, "maps", look);
      this.layer.replaceChildren(this.layers.element);
    }
    if (this.stage !== stage) {
      const below = stage.kind === "sum" ? stage.below[2] : 1;
      this.counts = [...this.count("map", sheet.maps, "maps"), ...this.count("via", below, "sum")];
      this.counted.replaceChildren(...this.counts.map(({ element }) => element));
    }
    Object.assign(this, { stages, stage });
    for (const control of [this.layers, ...this.counts, this.walk]) control.update();
  }

  // A choice among several; none where there is but one.
  count(key, most, part) {
    const numbers = Array.from({ length: most }, (_, k) => k + 1);
    return most > 1 ? [controls.select(this.figure, key, numbers, part)] : [];
  }

  show(colours) {
    const { figure } = this;
    const { state } = figure;
    this.renew();
    this.net.update();
    this.about.textContent = figure.word("about", { accuracy: figure.tables[state.net].accuracy[0] });
    for (const { key, control, output } of this.ranges) {
      control.value = state[key];
      output.textContent = live.shown(state[key]);
    }
    this.ranges[0].element.classList.toggle("live-hidden", Boolean(figure.picked)); // those are centred
    this.mirror.checked = state.mirror;
    this.showDigits(colours);
    this.showClasses();
    this.showSeen(colours);
    this.showCover(colours);
  }

  showDigits(colours) {
    const { figure } = this;
    const { net, pick } = figure.state;
    if (!this.picks.length) {
      this.picks = figure.pictures.map((one, n) => this.digit(one, n));
      this.row.append(...this.picks.map(({ element }) => element));
    }
    const key = [net, ...colours.ink].join();
    this.picks.forEach(({ canvas, element, one }, n) => {
      element.setAttribute("aria-pressed", String(one === figure.picked));
      element.tabIndex = n === pick ? 0 : -1;
      if (key === this.painted) return;
      const { read } = one[net];
      digitPictures.paint(canvas, one.picture, digitInk.SIDE, [colours.ink]);
      element.setAttribute("aria-label", figure.word("digit", { n: n + 1, label: one.label, read }));
      element.classList.toggle("digit-wrong", read !== one.label);
    });
    this.painted = key;
  }

  digit(one, n) {
    const canvas = live.make("canvas");
    const onclick = () => this.figure.set({ pick: n, ink: [] });
    return { canvas, one, element: live.make("button", { type: "button", onclick }, canvas) };
  }

  showClasses() {
    const { figure } = this;
    const { out } = figure.results.at(-1);
    const [[first]] = figure.answers;
    const { label: right } = figure.picked ?? {};
    this.reading.textContent =
      figure.word("reading", { first }) + (figure.picked ? figure.word("itIs", { label: right }) : "");
    for (const { label, bar, said, element } of this.rows) {
      const p = figure.probability(out[label]);
      bar.style.width = `${100 * out[label]}%`;
      said.textContent = p;
      element.setAttribute("aria-label", figure.word("class_sum", { label, p }));
      element.classList.toggle("digit-first", label === first);
    }
  }

  // The picture, MNIST's box and middle, and what the value that is looked at can see.
  showSeen(colours) {
    const { figure, square } = this;
    digitPictures.paint(square.canvas, figure.input, digitInk.SIDE, [colours.ink]);
    const s = figure.stages.indexOf(figure.stage);
    const edge = (digitInk.SIDE - digitInk.BOX) / 2;
    const box = [edge, edge, edge + digitInk.BOX, edge + digitInk.BOX];
    const field = digitNet.field(figure.stages, s, figure.flatPlace);
    square.over.replaceChildren(
      digitPictures.box("box", box),
      digitPictures.cross(14, 14, 1),
      digitPictures.box("field", field),
    );
    square.element.setAttribute("aria-label", figure.told());
  }

  // Found once for a picture, and not while it changes by itself.
  showCover(colours) {
    const { figure } = this;
    const on = figure.state.cover && !figure.pad.stroke && figure.share === undefined;
    this.flag.checked = figure.state.cover;
    this.shade.hidden = this.covered.hidden = !on;
    if (!on) return;
    const [[first]] = figure.answers;
    const key = [figure.state.net, ...figure.input].join();
    if (key !== this.coveredKey) this.lost = digitNet.covered(figure.stages, figure.input, first);
    this.coveredKey = key;
    const largest = this.lost.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-9);
    digitPictures.paint(
      this.shade,
      this.lost,
      Math.sqrt(this.lost.length),
      [colours.less, colours.more],
      largest,
    );
    const most = live.shown(Math.max(...this.lost, 0), 3);
    this.covered.textContent = figure.word("covering", { first, most });
  }
}
