// What the playground shows of its networks: the plane, the losses, every seed, every unit, and
// sizes by layer.
class PlaygroundViews {
  static PLACES = PlaygroundTraining.grid(61, playgroundPictures.REACH);
  static FEW = PlaygroundTraining.grid(31, playgroundPictures.REACH);

  constructor(figure) {
    this.figure = figure;
    const { make } = live;
    const few = PlaygroundViews.FEW;
    this.inputs = [0, 1].map((part) => few.map((place) => place[part]));
    this.seeds = make("div", { class: "live-controls" });
    const row = make("div", { class: "play-row" }, this.plane(), this.losses());
    this.elements = [row, this.network(), this.layers()];
  }

  word(key, values) {
    return this.figure.word(key, values);
  }

  // The decision surface, its points, and the place to look at: by sliders, or a press.
  plane() {
    const { make, svg } = live;
    const { figure } = this;
    const { REACH } = playgroundPictures;
    this.surface = make("canvas", { role: "img" });
    const view = `${-100 * REACH} ${-100 * REACH} ${200 * REACH} ${200 * REACH}`;
    this.marks = svg("svg", { viewBox: view, "aria-hidden": "true" });
    const onclick = (event) => {
      const box = this.surface.getBoundingClientRect();
      const at = (part) => Number((REACH * (2 * part - 1)).toFixed(2));
      figure.set({ px: at((event.clientX - box.left) / box.width), py: -at((event.clientY - box.top) / box.height) });
    };
    const slide = (key) => {
      const oninput = ({ target }) => figure.set({ [key]: Number(target.value) });
      const slider = make("input", { type: "range", min: -REACH, max: REACH, step: 0.01, oninput });
      return [key, slider, make("label", {}, this.word(key), slider)];
    };
    this.sliders = ["px", "py"].map(slide);
    this.tests = controls.flag(figure, "tests");
    const labels = this.sliders.map(([, , label]) => label);
    const place = make("div", { class: "live-controls" }, this.tests.element, make("span", {}, this.word("place")), ...labels);
    return make("div", { class: "play-plane" }, make("div", { class: "play-surface", onclick }, this.surface, this.marks), place);
  }

  losses() {
    const { make, svg } = live;
    this.curves = svg("svg", { viewBox: "0 0 300 145", role: "img", class: "play-curves" });
    return make("div", { class: "play-losses" }, make("p", {}, this.word("curvesTitle")), this.curves, this.seeds);
  }

  network() {
    const { make } = live;
    const label = this.word("net");
    const onkeydown = (event) => this.key(event);
    const about = { class: "live-wide", role: "region", "aria-label": label, tabindex: "0", onkeydown };
    this.net = make("div", about);
    this.formula = make("div", { class: "play-formula" });
    return make("div", { "data-part": "net" }, make("p", {}, label), this.net, this.formula);
  }

  layers() {
    const { make } = live;
    const head = ["layer", "size.activation", "size.slope"].map((key) => make("th", { scope: "col" }, this.word(key)));
    this.rows = make("tbody");
    const caption = make("caption", {}, this.word("sizes"));
    const table = make("table", { class: "play-sizes" }, caption, make("thead", {}, make("tr", {}, ...head)), this.rows);
    return make("div", { class: "live-wide", role: "region", tabindex: "0", "aria-label": this.word("sizes"), "data-part": "sizes" }, table);
  }

  // Arrow keys go from unit to unit.
  key(event) {
    const { l, j } = this.figure.looked;
    const way = controls.ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const layer = Math.min(Math.max(l + way[0], 0), this.drawn.sizes.length - 1);
    const unit = Math.min(Math.max(j + way[1], 0), this.drawn.sizes[layer] - 1);
    this.drawn.units.find((one) => one.l === layer && one.j === unit).element.focus();
  }

  update() {
    const { figure } = this;
    const { PLACES, FEW } = PlaygroundViews;
    const { px, py, tests, seed } = figure.state;
    const [run] = figure.runs;
    this.colours = playgroundPictures.palette(figure);
    this.sizes = run.sizes();
    this.pictures = run.pictures(FEW);
    const [answers] = run.pictures(PLACES).at(-1);
    playgroundPictures.answers(this.surface, answers, this.colours);
    playgroundPictures.points(this.marks, figure.points, [px, py], tests);
    const share = figure.constructor.percent(answers.filter((a) => a > 0.5).length / answers.length);
    this.surface.setAttribute("aria-label", this.word("surface", { seed, share }));
    for (const [key, slider] of this.sliders) slider.value = figure.state[key];
    this.tests.update();
    this.showLosses(run);
    this.showSeeds();
    this.showSizes();
    this.showNetwork();
  }

  showLosses(run) {
    playgroundPictures.curves(this.curves, this.figure.runs);
    const [first, last] = [run.curve[0], run.curve.at(-1)];
    const about = { first: live.shown(first.train), last: live.shown(last.train), test: live.shown(last.test) };
    this.curves.setAttribute("aria-label", this.word("curves", about));
  }

  // The surface of every seed; a press looks at that one.
  showSeeds() {
    const { figure } = this;
    const { runs } = figure;
    while (this.seeds.children.length > runs.length) this.seeds.lastChild.remove();
    while (this.seeds.children.length < runs.length) this.seeds.append(this.seedButton(this.seeds.children.length));
    runs.forEach((run, n) => {
      const button = this.seeds.children[n];
      const [answers] = run.pictures(PlaygroundViews.FEW).at(-1);
      playgroundPictures.answers(button.firstChild, answers, this.colours);
      const about = { seed: run.seed, right: figure.constructor.percent(run.fresh.right) };
      button.lastChild.textContent = this.word("seedTitle", about);
      button.setAttribute("title", this.word("seedButton", about));
    });
  }

  seedButton(n) {
    const { figure } = this;
    const onclick = () => figure.set({ seed: figure.state.seed + n });
    return live.make("button", { type: "button", class: "play-seed", onclick }, live.make("canvas"), live.make("span"));
  }

  // Sizes over many powers of ten: a bar's length is the power.
  showSizes() {
    const { make } = live;
    const written = (value) =>
      value === 0 || (value >= 0.01 && value < 1e4) ? live.shown(value, 2) : value.toExponential(1).replace("-", "\u2212");
    const cell = (value, kind) => {
      const length = Math.max(0, Math.min(100, 100 * (1 + Math.log10(value) / 12))) || 0;
      const bar = make("span", { class: `bar ${kind}`, style: `width: ${length.toFixed(1)}%` });
      return make("td", {}, written(value), bar);
    };
    const rows = this.sizes.map(({ activation, slope }, at) => {
      const name = this.word(at < this.sizes.length - 1 ? "hidden" : "last", { l: at + 1 });
      return make("tr", {}, make("th", { scope: "row" }, name), cell(activation, "more"), cell(slope, "less"));
    });
    this.rows.replaceChildren(...rows);
  }

  name(l, j) {
    if (!l) return this.word("input", { j: j + 1 });
    return l === this.sizes.length ? this.word("answer") : this.word("unit", { l, j: j + 1 });
  }

  // What is looked at: its picture is lit, its sum written out.
  showNetwork() {
    const { layers, how } = this.figure.runs[0];
    const sizes = [2, ...layers.map(({ units }) => units)];
    if (this.drawn?.sizes.join() !== sizes.join()) {
      const look = (l, j, i) => this.look(l, j, i);
      this.drawn = new playgroundPictures.Net(sizes, (l, j) => this.name(l, j), look);
      this.net.replaceChildren(this.drawn.element);
    }
    const { looked } = this.figure;
    this.drawn.show(layers, this.pictures, this.inputs, this.colours, looked);
    const rows = this.written(layers, looked, how).map((text) => live.make("p", {}, text));
    this.formula.replaceChildren(...rows);
  }

  look(l, j, i) {
    this.figure.looked = { l, j, i };
    this.showNetwork();
  }

  written(layers, { l, j, i }) {
    const { shown } = live;
    const { px, py } = this.figure.state;
    const name = this.name(l, j);
    dense.forward(layers, [px, py]);
    if (!l) return [this.word("formulaInput", { name, value: shown([px, py][j]) })];
    const { kernel, bias, units, activation, z, a } = layers[l - 1];
    const given = l > 1 ? layers[l - 2].out : [px, py];
    const signed = (value) => (value < 0 ? `(${shown(value, 3)})` : shown(value, 3));
    const products = Array.from(given, (value, n) => `${signed(kernel.value[n * units + j])} \u00b7 ${signed(value)}`);
    const rows = [this.word("formula", { name }), `z = ${[shown(bias.value[j], 3), ...products].join(" + ")} = ${shown(z[j], 3)}`];
    rows.push(`${activation}(${shown(z[j], 3)}) = ${shown(a[j], 3)}`);
    if (i === undefined) return rows;
    const at = i * units + j;
    const weight = { from: this.name(l - 1, i), value: shown(kernel.value[at]), slope: shown(kernel.slope[at]) };
    return [...rows, this.word("weight", weight)];
  }
}
