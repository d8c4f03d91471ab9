// The grids of the convolution stepper: numbers to type where they are given, to choose where they
// are sums; and which of them take part in the sum that is shown.
class ConvolutionGrids {
  static SHOWN = { value: ["x", "w", "z"], kernel: ["x", "d", "dw"], pixel: ["w", "d", "dx"] };

  constructor(figure) {
    this.figure = figure;
    const about = { class: "live-wide conv-grids", tabindex: "0", role: "region" };
    this.element = live.make("div", { ...about, "aria-label": figure.word("title") });
  }

  // Make all cells anew, for other shapes.
  rebuild() {
    const { sum, size, side, channels } = this.figure.state;
    const { outHeight, outWidth } = this.figure.sizes;
    const [picture, kernel, map] = [[size, size], [side, side], [outHeight, outWidth]];
    const shapes = { x: picture, w: kernel, z: map, d: map, dw: kernel, dx: picture };
    this.cells = [];
    const grids = ConvolutionGrids.SHOWN[sum].flatMap((name) => {
      const count = name === "z" || name === "d" ? 1 : channels;
      return Array.from({ length: count }, (_, c) => this.grid(name, shapes[name], c, count));
    });
    this.element.replaceChildren(...grids);
  }

  grid(name, [height, width], c, channels) {
    const { figure } = this;
    const { sizes } = figure;
    const title = figure.word(name) + (channels > 1 ? figure.word("channel", { c: c + 1 }) : "");
    const [top, left, behind] = name === "x" ? [sizes.top, sizes.left, sizes.behind] : [0, 0, 0];
    const box = live.make("div", { class: "conv-grid" });
    box.style.setProperty("--columns", left + width + behind);
    for (let row = -top; row < height + behind; row++) {
      for (let column = -left; column < width + behind; column++) {
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const at = inside ? (row * width + column) * channels + c : -1;
        const label = figure.word("cell", { grid: title, row: row + 1, column: column + 1 });
        box.append(this.cell({ name, at, label, zero: `zero ${[row, column, c]}` }));
      }
    }
    return live.make("div", { role: "group", "aria-label": title }, live.make("p", {}, title), box);
  }

  cell(cell) {
    const { name, at, label } = cell;
    const onchange = ({ target }) => this.figure.typed(name, at, target.value);
    const onclick = () => this.figure.set({ at });
    if (at < 0) cell.element = live.make("span", { class: "conv-zero" }, "0");
    else if (name in this.figure.arrays) {
      const about = { inputmode: "decimal", "aria-label": label, onchange };
      cell.element = live.make("input", about);
    } else cell.element = live.make("button", { type: "button", onclick });
    this.cells.push(cell);
    return cell.element;
  }

  // Numbers by the grid's name; and which cells take part in a sum.
  show(numbers, terms) {
    const lit = this.lit(terms);
    for (const { name, at, label, zero, element } of this.cells) {
      element.classList.toggle("conv-lit", lit[name].has(at < 0 ? zero : at));
      if (at < 0) continue;
      const value = live.shown(numbers[name][at], 3);
      if (element.localName === "input") element.value = value;
      else {
        element.textContent = value;
        element.setAttribute("aria-label", `${label}: ${value}`);
        element.setAttribute("aria-pressed", String(at === this.figure.state.at));
      }
    }
  }

  lit(terms) {
    const { at } = this.figure.state;
    const x = new Set(terms.map((term) => (term.p < 0 ? this.zero(term) : term.p)));
    const w = new Set(terms.map(({ k }) => k));
    const z = new Set(terms.map(({ o }) => o));
    return { x, w, z, d: z, dw: new Set([at]), dx: new Set([at]) };
  }

  // A zero of the border is known by its place.
  zero({ o, k }) {
    const { stride, side, channels } = this.figure.state;
    const { outWidth, top, left } = this.figure.sizes;
    const row = Math.floor(o / outWidth) * stride + Math.floor(k / (channels * side)) - top;
    const column = (o % outWidth) * stride + (Math.floor(k / channels) % side) - left;
    return `zero ${[row, column, k % channels]}`;
  }
}
