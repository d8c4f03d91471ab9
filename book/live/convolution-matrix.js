// The convolution as a matrix: a coloured square for each connection, the same for the same weight.
class ConvolutionMatrix {
  static CELL = 20; // in units of the drawing
  static SAID = { o: "matrixRow", k: "matrixTied", p: "matrixColumn" };

  // `choose` is told which connection was touched.
  constructor(word, choose) {
    Object.assign(this, { word, choose });
    this.drawing = live.svg("svg", { role: "img", class: "conv-tied" });
    const about = { class: "live-wide", tabindex: "0", role: "region" };
    const box = live.make("div", { ...about, "aria-label": word("matrixName") }, this.drawing);
    const text = live.make("p", {}, word("matrix"));
    this.element = live.make("div", { "data-part": "matrix" }, text, box);
  }

  connect(list, sizes) {
    const { CELL } = ConvolutionMatrix;
    this.sizes = sizes;
    const box = `0 0 ${sizes.pixels * CELL} ${sizes.outputs * CELL}`;
    this.drawing.setAttribute("viewBox", box);
    this.drawing.style.minWidth = `${Math.min(sizes.pixels, 75) * 8}px`;
    const inside = list.filter(({ p }) => p >= 0);
    this.squares = inside.map((one) => ({ ...one, element: this.square(one) }));
    this.drawing.replaceChildren(...this.squares.map(({ element }) => element));
  }

  square(one) {
    const { CELL } = ConvolutionMatrix;
    const place = { x: one.p * CELL + 1, y: one.o * CELL + 1, width: CELL - 2, height: CELL - 2 };
    const element = live.svg("rect", { ...place, onclick: () => this.choose(one) });
    element.style.setProperty("--hue", (one.k * 360) / this.sizes.entries);
    return element;
  }

  // Light a row ("o"), a column ("p"), or the places of one weight ("k").
  show(by, at) {
    for (const one of this.squares) one.element.classList.toggle("conv-lit", one[by] === at);
    const count = this.squares.filter((one) => one[by] === at).length;
    const lit = this.word(ConvolutionMatrix.SAID[by], { at: at + 1, count });
    const about = { rows: this.sizes.outputs, columns: this.sizes.pixels, lit };
    this.drawing.setAttribute("aria-label", this.word("matrixLabel", about));
  }
}
