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
    this.row = controls.row(row);
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
      const onclick = () => this.figure.look({ stage: "output", map: 1, at: label });
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

  sliders() {
    const { figure } = this;
    const ranges = Object.entries(figure.constructor.CHANGES).map((one) => controls.range(figure, ...one));
    this.centre = ranges[0].element;
    const undo = controls.button(figure, "unchanged", () => figure.set(figure.constructor.STILL));
    this.changed = [...ranges, controls.flag(figure, "mirror")];
    const about = { class: "live-controls digit-changes", role: "group", "aria-label": figure.word("changes") };
    return live.make("div", about, ...this.changed.map(({ element }) => element), undo);
  }

  covering() {
    const { make } = live;
    this.flag = controls.flag(this.figure, "cover");
    this.covered = make("p");
    const choice = make("div", { class: "live-controls" }, this.flag.element);
    return make("div", { "data-part": "cover" }, choice, this.covered);
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
    for (const control of [...this.changed, this.flag]) control.update();
    this.centre.hidden = Boolean(figure.picked); // those are centred
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
