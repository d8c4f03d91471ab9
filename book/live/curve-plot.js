// A plot of curves over a line. A place on the line is marked, and dragged with mouse or finger;
// the figure's slider does the same for keyboards.
class CurvePlot {
  static WIDTH = 360;
  static HEIGHT = 240;
  static AREA = { left: 36, right: 350, top: 22, bottom: 212 };
  static HUES = { blue: 212, orange: 28, green: 160 };
  static DASHES = ["none", "9 4", "2 3"]; // so that curves differ without their colours

  // `line` is [from, to]; `moved(x, event)` is told where on the line the pointer is.
  constructor(line, moved, height = CurvePlot.HEIGHT) {
    this.line = line;
    this.moved = moved;
    const viewBox = `0 0 ${CurvePlot.WIDTH} ${height}`;
    const grip = (event) => this.grip(event);
    const about = { viewBox, role: "img", class: "curve-plot", onpointerdown: grip, onpointermove: grip };
    this.drawing = live.svg("svg", about);
  }

  grip(event) {
    if (event.type === "pointerdown") this.drawing.setPointerCapture(event.pointerId);
    else if (!this.drawing.hasPointerCapture(event.pointerId)) return;
    this.moved(this.under(event), event);
  }

  // The place on the line under a pointer.
  under({ clientX }) {
    const { left, width } = this.drawing.getBoundingClientRect();
    const { AREA, WIDTH } = CurvePlot;
    const part = (((clientX - left) / width) * WIDTH - AREA.left) / (AREA.right - AREA.left);
    const [from, to] = this.line;
    return from + Math.min(Math.max(part, 0), 1) * (to - from);
  }

  across(x) {
    const { left, right } = CurvePlot.AREA;
    const [from, to] = this.line;
    return left + ((x - from) / (to - from)) * (right - left);
  }

  down(y) {
    const { top, bottom } = CurvePlot.AREA;
    const [low, high] = this.range;
    return bottom - ((y - low) / (high - low)) * (bottom - top);
  }

  // Curves are functions of x; `at` is the marked place, and `place` says so.
  draw({ label, name, range, xTicks, yTicks, curves, dots = [], strips = [], at, place }) {
    this.range = range;
    const { left, right, top, bottom } = CurvePlot.AREA;
    const text = (x, y, words, about = {}) => live.svg("text", { x, y, ...about }, String(words).replace("-", "\u2212"));
    const rule = (x1, y1, x2, y2, about) => live.svg("line", { x1, y1, x2, y2, class: about });
    const ticks = [
      ...xTicks.flatMap((x) => [rule(this.across(x), bottom, this.across(x), bottom + 4, "axis"), text(this.across(x), bottom + 18, x, { "text-anchor": "middle" })]),
      ...yTicks.filter((y) => y >= range[0] && y <= range[1]).flatMap((y) => [rule(left, this.down(y), right, this.down(y), y === 0 ? "axis" : "grid"), text(left - 5, this.down(y) + 4, y, { "text-anchor": "end" })]),
    ];
    // A drawing within the drawing cuts off what leaves the range.
    const inside = live.svg("svg", { x: left, y: top, width: right - left, height: bottom - top, viewBox: `${left} ${top} ${right - left} ${bottom - top}` });
    inside.append(...strips, rule(this.across(at), top, this.across(at), bottom, "place"), ...curves.map((one) => this.curve(one)));
    const marks = dots.map((dot) => this.dot(dot)).filter(Boolean);
    this.drawing.setAttribute("aria-label", label);
    const names = [text(left, top - 9, name), text(right, top - 9, place, { "text-anchor": "end", class: "place" })];
    this.drawing.replaceChildren(...ticks, inside, ...marks, ...names);
  }

  curve({ f, hue, dash = 0 }) {
    const [from, to] = this.line;
    const place = (_, i) => from + ((to - from) * i) / 320;
    const points = Array.from({ length: 321 }, place).map((x) => `${this.across(x).toFixed(1)},${this.down(f(x)).toFixed(1)}`);
    return live.svg("polyline", { points: points.join(" "), class: "curve-ink", ...CurvePlot.ink(hue, dash) });
  }

  dot({ x, y, hue }) {
    const [low, high] = this.range;
    if (y < low || y > high) return null;
    return live.svg("circle", { cx: this.across(x), cy: this.down(y), r: 5, class: "curve-ink", style: `--hue: ${hue}` });
  }

  // A strip at the bottom from x to x, the `row`th of its kind.
  strip([from, to], row, hue) {
    const [x, y] = [this.across(from), CurvePlot.AREA.bottom - 6 - 7 * row];
    return live.svg("rect", { x, y, width: this.across(to) - x, height: 5, class: "curve-ink", style: `--hue: ${hue}` });
  }

  static ink(hue, dash) {
    return { style: `--hue: ${hue}`, "stroke-dasharray": CurvePlot.DASHES[dash] };
  }

  // A piece of a curve's line, to stand before its name.
  static sample(hue, dash = 0) {
    const line = live.svg("line", { x1: 0, y1: 6, x2: 28, y2: 6, class: "curve-ink", ...CurvePlot.ink(hue, dash) });
    return live.svg("svg", { viewBox: "0 0 28 12", class: "curve-sample", "aria-hidden": "true" }, line);
  }
}
