// The network as a graph: a box for each quantity with value and slope, a line to each user of it.
class BackpropGraph {
  static PLACES = {
    x1: [0, 1.5], x2: [0, -1.5], z1: [3, 1.5], z2: [3, -1.5], h1: [5, 1.5], h2: [5, -1.5],
    w11: [1.2, 3.6], w21: [3, 3.6], b1: [4.8, 3.6], v1: [6.6, 3.6], c: [8.4, 3.6],
    w12: [1.2, -3.6], w22: [3, -3.6], b2: [4.8, -3.6], v2: [6.6, -3.6],
    z: [7.5, 0], a: [9.5, 0], y: [11.4, -2.2], L: [11.4, 0],
  };

  constructor(word) {
    this.word = word;
    const about = { viewBox: "-50 -265 716 530", role: "img", class: "back-graph" };
    this.drawing = live.svg("svg", about);
  }

  // Boxes and arrows of these steps.
  connect(steps) {
    const at = (name) => BackpropGraph.PLACES[name].map((part, i) => part * [52, -60][i]);
    const uses = steps.flatMap((user) => Object.keys(user.slopes).map((name) => [name, user.name]));
    this.arrows = [...uses, ["y", "L"]].map(([name, user]) => {
      const [[x1, y1], [x2, y2]] = [at(name), at(user)];
      const part = name[0] === "x" ? 0.36 : 0.48; // of the way: crossing arrows are apart there
      const middle = { x: x1 + part * (x2 - x1), y: y1 + part * (y2 - y1) + 5 };
      const [line, slope] = [live.svg("line", { x1, y1, x2, y2 }), live.svg("text", middle)];
      return { name, user, slope, element: live.svg("g", {}, line, slope) };
    });
    this.boxes = Object.keys(BackpropGraph.PLACES).map((name) => this.box(name, at(name)));
    const elements = [...this.arrows, ...this.boxes].map(({ element }) => element);
    this.drawing.replaceChildren(...elements);
  }

  box(name, [x, y]) {
    const line = (row, kind) => live.svg("text", { y: row, class: kind });
    const [title, value, slope] = [line(-11, "name"), line(5, "value"), line(21, "slope")];
    title.textContent = this.word(name);
    const frame = live.svg("rect", { x: -32, y: -27, width: 64, height: 54, rx: 4 });
    const about = { transform: `translate(${x} ${y})` };
    return { name, value, slope, element: live.svg("g", about, frame, title, value, slope) };
  }

  // Scroll a box that is wider than the screen, sideways only.
  bringIntoView(name, region) {
    const box = this.boxes.find((one) => one.name === name).element.getBoundingClientRect();
    const seen = region.getBoundingClientRect();
    region.scrollLeft += box.left + box.width / 2 - seen.left - seen.width / 2;
  }

  // Values and slopes by name, the slope of one step in what it uses, and which boxes are lit.
  show(values, slopes, step, lit) {
    const number = (all, name) => (name in all ? live.shown(all[name], 3) : "");
    for (const { name, value, slope, element } of this.boxes) {
      value.textContent = number(values, name);
      slope.textContent = number(slopes, name);
      element.classList.toggle("lit", lit.includes(name));
    }
    for (const { name, user, slope, element } of this.arrows) {
      slope.textContent = user in values && name !== "y" ? live.shown(step(name, user), 3) : "";
      element.classList.toggle("lit", lit.includes(name) && lit.includes(user));
    }
  }
}
