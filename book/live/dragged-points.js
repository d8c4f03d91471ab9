// Points on a line, below a plot: each is dragged by mouse or finger, or taken and moved by arrows.
class DraggedPoints extends CurvePlot {
  static TALL = 74;
  static KEYS = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -10,
    PageUp: 10,
  };

  // `words(k)` names a point, `changed(k, x)` is told where one is to be.
  constructor(line, count, words, changed) {
    super(line, (x, event) => this.drag(x, event), DraggedPoints.TALL);
    const [from, to] = line;
    this.changed = (k, x) => changed(k, Math.min(Math.max(x, from), to));
    this.dots = Array.from({ length: count }, (_, k) => this.handle(k, words(k)));
    this.marks = live.svg("g");
    this.drawing.append(this.marks, ...this.dots);
    this.drawing.setAttribute("role", "group");
  }

  handle(k, name) {
    const [from, to] = this.line;
    const about = { role: "slider", tabindex: "0", "aria-valuemin": from, "aria-valuemax": to };
    const onkeydown = (event) => this.key(event, k);
    return live.svg("circle", { r: 6, ...about, "aria-label": name, onkeydown });
  }

  key(event, k) {
    const [from, to] = this.line;
    const { [event.key]: by } = { ...DraggedPoints.KEYS, Home: from - to, End: to - from };
    if (by === undefined) return;
    event.preventDefault();
    this.changed(k, this.points[k] + by);
  }

  // The point under the pointer follows it, or else the nearest one.
  drag(x, { type, target }) {
    if (type === "pointerdown") {
      const off = this.points.map((one) => Math.abs(one - x));
      const under = this.dots.indexOf(target);
      this.held = under < 0 ? off.indexOf(Math.min(...off)) : under;
      this.dots[this.held].focus({ preventScroll: true });
    }
    this.changed(this.held, Math.round(x));
  }

  // Marks are [x, hue, dash] each; `said(x)` is a point's place in words.
  show(points, marks, said) {
    this.points = points;
    const rows = this.stacked();
    this.dots.forEach((dot, k) => {
      const cy = DraggedPoints.TALL - 10 - 13 * (rows[k] % 5);
      const about = { cx: this.across(points[k]), cy, "aria-valuenow": points[k] };
      for (const [key, value] of Object.entries(about)) dot.setAttribute(key, value);
      dot.setAttribute("aria-valuetext", said(points[k]));
    });
    this.marks.replaceChildren(...marks.map((mark) => this.mark(mark)));
  }

  mark([at, hue, dash]) {
    const x = this.across(at);
    const ends = { x1: x, x2: x, y1: 0, y2: DraggedPoints.TALL };
    return live.svg("line", { ...ends, class: "curve-ink", ...CurvePlot.ink(hue, dash) });
  }

  // In which row each point is drawn, so that none covers another.
  stacked() {
    const places = this.points.map((x) => this.across(x));
    return places.reduce((rows, x, k) => {
      const taken = rows.filter((_, i) => Math.abs(places[i] - x) < 12); // a dot's width
      return [...rows, places.findIndex((_, row) => !taken.includes(row))];
    }, []);
  }
}
