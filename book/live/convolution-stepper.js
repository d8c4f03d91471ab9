// Convolution, step by step: a window walks, a sum is written out; backward the same list of
// connections is summed by kernel entry and by pixel; and the matrix lights the same cells.
{
  const { make, svg, shown } = live;
  const presets = convolutionPresets;
  const BY = { value: "o", kernel: "k", pixel: "p" };
  const LARGEST = 1e4; // of a number that a reader types
  const CELL = 20; // of the matrix, in units of its drawing

  class ConvolutionStepper extends live.Figure {
    static fields = {
      sum: address.choice("value", Object.keys(BY)),
      picture: address.choice("bar", presets.pictures),
      kernel: address.choice("sobel", presets.kernels),
      size: address.whole(5, 2, 8),
      side: address.whole(3, 1, 5),
      stride: address.whole(1, 1, 3),
      padding: address.choice("valid", ["valid", "same"]),
      channels: address.whole(1, 1, 3),
      b: address.number(0, -LARGEST, LARGEST),
      x: address.numbers([], 192, -LARGEST, LARGEST), // none: those of the preset
      w: address.numbers([], 75, -LARGEST, LARGEST),
      d: address.numbers([], 64, -LARGEST, LARGEST),
      at: address.whole(3, 0, 191),
    };
    static parts = ["sum", "picture", "kernel", "sizes", "walk", "matrix"];

    settle(state) {
      const side = Math.min(state.side, state.size);
      this.shape = {
        height: state.size,
        width: state.size,
        channels: state.channels,
        kernelHeight: side,
        kernelWidth: side,
        stride: state.stride,
        padding: state.padding,
      };
      this.sizes = convolution.layout(this.shape);
      this.list = convolution.connections(this.shape);
      const { pixels, entries, outputs } = this.sizes;
      const own = (numbers, count, preset) => (numbers.length === count ? numbers : preset);
      this.arrays = {
        x: own(state.x, pixels, presets.picture(state.picture, state.size, state.channels)),
        w: own(state.w, entries, presets.kernel(state.kernel, side, state.channels)),
        d: own(state.d, outputs, presets.slopes(outputs)),
      };
      const count = { value: outputs, kernel: entries, pixel: pixels }[state.sum];
      return { ...state, side, at: Math.min(state.at, count - 1) };
    }

    get count() {
      return { value: this.sizes.outputs, kernel: this.sizes.entries, pixel: this.sizes.pixels }[
        this.state.sum
      ];
    }

    build() {
      const select = (key, values, part, change) => controls.select(this, key, values, part, change);
      const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
      this.controls = [
        select("sum", Object.keys(BY), "sum", (sum) => this.set({ sum, at: 0 })),
        select("picture", presets.pictures, "picture", (picture) => this.set({ picture, x: [] })),
        select("kernel", presets.kernels, "kernel", (kernel) => this.set({ kernel, w: [] })),
        select("size", numbers(2, 8), "sizes"),
        select("side", numbers(1, 5), "sizes"),
        select("stride", numbers(1, 3), "sizes"),
        select("padding", ["valid", "same"], "sizes"),
        select("channels", numbers(1, 3), "sizes"),
        controls.number(this, "b", "kernel"),
      ];
      this.walk = controls.walk(this, "at", () => this.count);
      const box = make("div", { class: "live-controls" }, ...this.controls.map((c) => c.element));
      const wide = (label) =>
        make("div", { class: "live-wide", tabindex: "0", role: "region", "aria-label": label });
      this.grids = Object.assign(wide(this.word("title")), { className: "live-wide conv-grids" });
      this.formula = make("p", { class: "conv-formula" });
      this.sum = make("p", { class: "conv-sum" });
      this.places = make("p", { "data-part": "sizes" });
      this.matrix = wide(this.word("matrix"));
      const tied = make("div", { "data-part": "matrix" }, make("p", {}, this.word("matrix")), this.matrix);
      return [box, this.walk.element, this.grids, this.formula, this.sum, this.places, tied];
    }

    draw() {
      const { sum, at } = this.state;
      const key = JSON.stringify([this.shape, sum]);
      if (key !== this.built) this.rebuild();
      this.built = key;
      for (const control of [...this.controls, this.walk]) control.update();
      this.results = this.computed();
      const terms = convolution.terms(this.list, BY[sum], at, this.arrays);
      this.light(terms);
      this.write(terms);
    }

    // All numbers of the grids, by the grid's name.
    computed() {
      const { outputs, entries, pixels } = this.sizes;
      const all = (by, count) => convolution.sums(this.list, by, count, this.arrays);
      const z = () => all("o", outputs).map((value) => value + this.state.b);
      const last = { value: { z }, kernel: { dw: () => all("k", entries) }, pixel: { dx: () => all("p", pixels) } };
      const [[name, values]] = Object.entries(last[this.state.sum]);
      return { ...this.arrays, [name]: values() };
    }

    // Grids and matrix, made anew when shapes change.
    rebuild() {
      const { sum, size, side } = this.state;
      const { outHeight, outWidth } = this.sizes;
      this.cells = [];
      const shapes = { x: [size, size], w: [side, side], z: [outHeight, outWidth], d: [outHeight, outWidth] };
      Object.assign(shapes, { dw: shapes.w, dx: shapes.x });
      const names = { value: ["x", "w", "z"], kernel: ["x", "d", "dw"], pixel: ["w", "d", "dx"] }[sum];
      const grids = names.flatMap((name) => {
        const channels = "zd".includes(name) ? 1 : this.state.channels;
        return Array.from({ length: channels }, (_, c) => this.grid(name, ...shapes[name], c, channels));
      });
      this.grids.replaceChildren(...grids);
      this.matrix.replaceChildren(this.tied());
    }

    grid(name, height, width, c, channels) {
      const title = this.word(name) + (channels > 1 ? this.word("channel", { c: c + 1 }) : "");
      const border = name === "x" ? [this.sizes.top, this.sizes.left] : [0, 0];
      const ends = name === "x" ? this.zerosBehind() : 0;
      const box = make("div", { class: "conv-grid" });
      box.style.setProperty("--columns", width + border[1] + ends);
      for (let row = -border[0]; row < height + ends; row++) {
        for (let column = -border[1]; column < width + ends; column++) {
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          const at = inside ? (row * width + column) * channels + c : -1;
          const label = this.word("cell", { grid: title, row: row + 1, column: column + 1 });
          box.append(this.cell(name, at, label, [row, column, c]));
        }
      }
      return make("div", { role: "group", "aria-label": title }, make("p", {}, title), box);
    }

    zerosBehind() {
      return convolution.side(this.state.size, this.state.side, this.state.stride, this.state.padding).behind ?? 0;
    }

    // A number: to be typed where it is given, to be chosen where it is a sum.
    cell(name, at, label, place) {
      if (at < 0) return this.kept({ name, at, place }, make("span", { class: "conv-zero" }, "0"));
      const given = name in this.arrays;
      const element = given
        ? make("input", { inputmode: "decimal", "aria-label": label, onchange: (e) => this.typed(name, at, e.target) })
        : make("button", { type: "button", onclick: () => this.set({ at }) });
      return this.kept({ name, at, label, given, place }, element);
    }

    kept(cell, element) {
      this.cells.push({ ...cell, element });
      return element;
    }

    typed(name, at, input) {
      const [value] = ConvolutionStepper.fields[name].read(input.value.replace("\u2212", "-")) ?? [];
      if (value === undefined) return this.draw(); // no number: what was there comes back
      this.set({ [name]: this.arrays[name].with(at, value) });
    }

    light(terms) {
      const { sum, at } = this.state;
      const lit = this.lit(terms);
      for (const { name, at: own, label, given, element, place } of this.cells) {
        const value = own < 0 ? 0 : this.results[name][own];
        element.classList.toggle("conv-lit", lit[name].has(own < 0 ? `z${place}` : own));
        if (own < 0) continue;
        if (given) element.value = shown(value, 3);
        else {
          element.textContent = shown(value, 3);
          element.setAttribute("aria-label", `${label}: ${shown(value, 3)}`);
          element.setAttribute("aria-pressed", String(own === at));
        }
      }
      for (const { o, k, p, element } of this.entries) {
        element.classList.toggle("conv-lit", { o, k, p }[BY[sum]] === at);
      }
      this.tiedLabel(terms.length);
    }

    // Which cells take part, by grid; a zero of the border by its place.
    lit(terms) {
      const { stride, side, channels, sum } = this.state;
      const { outWidth, top, left } = this.sizes;
      const zero = ({ o, k }) => {
        const row = Math.floor(o / outWidth) * stride + Math.floor(k / (channels * side)) - top;
        const column = (o % outWidth) * stride + (Math.floor(k / channels) % side) - left;
        return `z${[row, column, k % channels]}`;
      };
      const x = new Set(terms.map((term) => (term.p < 0 ? zero(term) : term.p)));
      const w = new Set(terms.map(({ k }) => k));
      const z = new Set(terms.map(({ o }) => o));
      const own = new Set([this.state.at]);
      return { x, w, z, d: z, dw: sum === "kernel" ? own : w, dx: own };
    }

    write(terms) {
      const { sum, at, size, side, stride, padding, channels, b } = this.state;
      const { outWidth, outHeight } = this.sizes;
      const name = { value: "z", kernel: "dw", pixel: "dx" }[sum];
      const columns = { value: outWidth, kernel: side * channels, pixel: size * channels }[sum];
      const [row, column] = [Math.floor(at / columns), Math.floor((at % columns) / (sum === "value" ? 1 : channels))];
      const total = shown(this.results[name][at]);
      const signed = (value) => (value < 0 ? `(${shown(value)})` : shown(value));
      const products = terms.map(({ factors: [a, f] }) => `${signed(a)} \u00b7 ${signed(f)}`);
      if (sum === "value") products.unshift(signed(b));
      const kind = sum[0].toUpperCase() + sum.slice(1);
      this.formula.textContent = this.word(`formula${kind}`);
      this.sum.textContent = `${products.join(" + ") || "0"} = ${total}`;
      const { out, before, behind = 0 } = convolution.side(size, side, stride, padding);
      const about = { n: size, k: side, s: stride, out: outHeight, before, behind, zeros: before + behind };
      this.places.textContent = this.word(padding, { ...about, out });
      this.say(this.word(`says${kind}`, { row: row + 1, column: column + 1, count: terms.length, total }));
    }

    // The matrix: a coloured square for each connection, the same colour for the same weight.
    tied() {
      const { pixels, outputs, entries } = this.sizes;
      const [width, height] = [pixels * CELL, outputs * CELL];
      const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "conv-tied" });
      drawing.style.minWidth = `${Math.min(pixels, 75) * 8}px`;
      this.entries = this.list
        .filter(({ p }) => p >= 0)
        .map((one) => ({ ...one, element: this.square(one, entries) }));
      drawing.append(...this.entries.map(({ element }) => element));
      return drawing;
    }

    square(one, entries) {
      const onclick = () => this.set({ at: one[BY[this.state.sum]] });
      const about = { x: one.p * CELL + 1, y: one.o * CELL + 1, width: CELL - 2, height: CELL - 2, onclick };
      const element = svg("rect", about);
      element.style.setProperty("--hue", (one.k * 360) / entries);
      return element;
    }

    tiedLabel(count) {
      const { sum, at } = this.state;
      const key = { value: "matrixRow", kernel: "matrixTied", pixel: "matrixColumn" }[sum];
      const lit = this.word(key, { at: at + 1, count });
      const about = { rows: this.sizes.outputs, columns: this.sizes.pixels, lit };
      this.matrix.firstChild.setAttribute("aria-label", this.word("matrixLabel", about));
    }
  }

  live.define("convolution-stepper", ConvolutionStepper);
}
