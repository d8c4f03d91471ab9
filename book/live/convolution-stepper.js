// Convolution, step by step: a window walks, a sum is written out; backward the same list of
// connections is summed by kernel entry and by pixel; and the matrix lights the same cells.
{
  const { make, shown } = live;
  const presets = convolutionPresets;
  const BY = { value: "o", kernel: "k", pixel: "p" };
  const NAMED = { value: "z", kernel: "dw", pixel: "dx" };
  const LARGEST = 1e4; // of a number that a reader types
  const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const signed = (value) => (value < 0 ? `(${shown(value)})` : shown(value));

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
      const { size, channels, stride, padding } = state;
      const side = Math.min(state.side, size);
      const square = { height: size, width: size, kernelHeight: side, kernelWidth: side };
      this.shape = { ...square, channels, stride, padding };
      this.sizes = convolution.layout(this.shape);
      this.list = convolution.connections(this.shape);
      const { pixels, entries, outputs } = this.sizes;
      const own = (typed, count, preset) => (typed.length === count ? typed : preset);
      this.arrays = {
        x: own(state.x, pixels, presets.picture(state.picture, size, channels)),
        w: own(state.w, entries, presets.kernel(state.kernel, side, channels)),
        d: own(state.d, outputs, presets.slopes(outputs)),
      };
      this.counts = { value: outputs, kernel: entries, pixel: pixels };
      return { ...state, side, at: Math.min(state.at, this.counts[state.sum] - 1) };
    }

    build() {
      const choices = this.choices();
      this.walk = controls.walk(this, "at", () => this.counts[this.state.sum]);
      this.controls = [...choices, this.walk];
      this.grids = new ConvolutionGrids(this);
      const choose = (one) => this.set({ at: one[BY[this.state.sum]] });
      this.matrix = new ConvolutionMatrix((...all) => this.word(...all), choose);
      this.formula = make("p", { class: "conv-formula" });
      this.sum = make("p", { class: "conv-sum" });
      this.places = make("p", { "data-part": "sizes" });
      const box = make("div", { class: "live-controls" }, ...choices.map((c) => c.element));
      const texts = [this.formula, this.sum, this.places];
      return [box, this.walk.element, this.grids.element, ...texts, this.matrix.element];
    }

    choices() {
      const select = (...all) => controls.select(this, ...all);
      return [
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
    }

    draw() {
      const { sum, at } = this.state;
      const shapes = JSON.stringify([this.shape, sum]);
      if (shapes !== this.shapes) {
        this.grids.rebuild();
        this.matrix.connect(this.list, this.sizes);
      }
      this.shapes = shapes;
      for (const control of this.controls) control.update();
      const terms = convolution.terms(this.list, BY[sum], at, this.arrays);
      const results = convolution.sums(this.list, BY[sum], this.counts[sum], this.arrays);
      const all = sum === "value" ? results.map((value) => value + this.state.b) : results;
      this.grids.show({ ...this.arrays, [NAMED[sum]]: all }, terms);
      this.matrix.show(BY[sum], at);
      this.write(terms, shown(all[at]));
    }

    // A number that a reader typed; what is none is put back.
    typed(name, at, text) {
      const [value] = this.fields[name].read(text.replace("\u2212", "-")) ?? [];
      if (value === undefined) this.draw();
      else this.set({ [name]: this.arrays[name].map((old, i) => (i === at ? value : old)) });
    }

    // The sum with its numbers, and how many places the kernel has.
    write(terms, total) {
      const { sum, b } = this.state;
      const products = terms.map(({ factors: [a, f] }) => `${signed(a)} \u00b7 ${signed(f)}`);
      if (sum === "value") products.unshift(signed(b));
      const kind = sum[0].toUpperCase() + sum.slice(1);
      this.formula.textContent = this.word(`formula${kind}`);
      this.sum.textContent = `${products.join(" + ") || "0"} = ${total}`;
      this.say(this.word(`says${kind}`, { ...this.place(), count: terms.length, total }));
      const { size, side, stride, padding } = this.state;
      const found = convolution.side(size, side, stride, padding);
      const zeros = found.before + found.behind;
      const about = { n: size, k: side, s: stride, ...found, zeros };
      this.places.textContent = this.word(padding, about);
    }

    // Row and column of the number that is shown, from 1.
    place() {
      const { sum, at, size, side, channels } = this.state;
      const columns = { value: this.sizes.outWidth, kernel: side, pixel: size }[sum];
      const cell = sum === "value" ? at : Math.floor(at / channels);
      return { row: Math.floor(cell / columns) + 1, column: (cell % columns) + 1 };
    }
  }

  live.define("convolution-stepper", ConvolutionStepper);
}
