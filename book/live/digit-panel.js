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
    this.square = digitPictures.framed({ class: "digit-square digit-seen", role: "img" }, digitInk.SIDE);
    this.shade = make("canvas", { class: "digit-cover", "aria-hidden": "true" });
    this.square.canvas.after(this.shade);
    this.seen = make("div", { class: "digit-part" }, make("p", {}, word("seen")), this.square.element);
    this.classes = this.bars();
    this.changes = this.sliders();
    this.cover = this.covering();
    this.looking = make("div");
  }

  bars() {
    const { make } = live;
    this.rows = Array.from({ length: 10 }, (_, label) => {
      const onclick = () => this.figure.set({ stage: "output", map: 1, at: label });
      const [bar, said] = [make("span", { class: "digit-bar" }), make("span")];
      const element = make("button", { type: "button", onclick }, make("b", {}, String(label)), make("span", {}, bar), said);
      return { label, bar, said, element };
    });
    this.reading = make("p");
    return make("div", { class: "digit-part digit-classes", "data-part": "classes" }, this.reading, ...this.rows.map(({ element }) => element));
  }

  sliders() {
    const { make } = live;
    const { figure } = this;
    const { CHANGES, STILL } = figure.constructor;
    this.ranges = Object.entries(CHANGES).map(([key, [min, max, step]]) => {
      const oninput = () => figure.set({ [key]: Number(control.value) });
      const control = make("input", { type: "range", min, max, step, oninput });
      const output = make("output");
      const element = make("label", {}, figure.word(key), control, output);
      return { key, control, output, element };
    });
    const onchange = () => figure.set({ mirror: this.mirror.checked });
    this.mirror = make("input", { type: "checkbox", onchange });
    const undo = make("button", { type: "button", onclick: () => figure.set(STILL) }, figure.word("unchanged"));
    const mirror = make("label", {}, this.mirror, figure.word("mirror"));
    const about = { class: "live-controls digit-changes", role: "group", "aria-label": figure.word("changes"), "data-part": "changes" };
    return make("div", about, ...this.ranges.map(({ element }) => element), mirror, undo);
  }

  covering() {
    const { make } = live;
    const onchange = () => this.figure.set({ cover: this.flag.checked });
    this.flag = make("input", { type: "checkbox", onchange });
    this.covered = make("p");
    const label = make("label", {}, this.flag, this.figure.word("cover"));
    return make("div", { "data-part": "cover" }, make("div", { class: "live-controls" }, label), this.covered);
  }

  // Choices of layer, map and window, made anew where there are others.
  choices() {
    const { figure } = this;
    const { stages, stage, sheet } = figure;
    if (this.chosen === stage) return;
    this.chosen = stage;
    const { numbers } = figure.constructor;
    const names = stages.map(({ name }) => name);
    this.selects = [controls.select(figure, "stage", names, "maps", (name) => figure.set({ stage: name, map: 1, at: Infinity }))]; // the middle
    if (sheet.maps > 1) this.selects.push(controls.select(figure, "map", numbers(sheet.maps), "maps"));
    if (stage.kind === "sum" && stage.below[2] > 1) this.selects.push(controls.select(figure, "via", numbers(stage.below[2]), "sum"));
    this.walk = controls.walk(figure, "at", () => figure.sheet.cells, { pause: 150, said: () => figure.place });
    const had = document.activeElement;
    const focused = this.looking.contains(had) ? [...this.looking.querySelectorAll("select, button, input")].indexOf(had) : -1;
    const box = live.make("div", { class: "live-controls" }, ...this.selects.map(({ element }) => element));
    this.looking.replaceChildren(box, this.walk.element);
    if (focused >= 0) this.looking.querySelectorAll("select, button, input")[focused]?.focus();
  }

  show(colours) {
    const { figure } = this;
    const { state } = figure;
    this.choices();
    for (const control of [this.net, ...this.selects, this.walk]) control.update();
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
    this.reading.textContent = figure.word("reading", { first }) + (figure.picked ? figure.word("itIs", { label: right }) : "");
    for (const { label, bar, said, element } of this.rows) {
      const p = out[label] < 0.0005 ? "0" : out[label].toFixed(3);
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
    square.over.replaceChildren(digitPictures.box("box", box), digitPictures.cross(14, 14, 1), digitPictures.box("field", field));
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
    digitPictures.paint(this.shade, this.lost, Math.sqrt(this.lost.length), [colours.less, colours.more], largest);
    const most = live.shown(Math.max(...this.lost, 0), 3);
    this.covered.textContent = figure.word("covering", { first, most });
  }
}
