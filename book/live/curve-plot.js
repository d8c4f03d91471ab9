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
    const about = {
      viewBox,
      role: "img",
      class: "curve-plot",
      onpointerdown: grip,
      onpointermove: grip,
    };
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
    const [width, height] = [right - left, bottom - top];
    // A drawing within the drawing cuts off what leaves the range.
    const viewBox = `${left} ${top} ${width} ${height}`;
    const inside = live.svg("svg", { x: left, y: top, width, height, viewBox }, ...strips);
    const x = this.across(at);
    inside.append(this.rule(x, top, x, bottom, "place"), ...curves.map((one) => this.curve(one)));
    const marks = dots.map((dot) => this.dot(dot)).filter(Boolean);
    const names = [
      this.text(left, top - 9, name),
      this.text(right, top - 9, place, "end", "place"),
    ];
    this.drawing.setAttribute("aria-label", label);
    this.drawing.replaceChildren(...this.axes(xTicks, yTicks), inside, ...marks, ...names);
  }

  axes(xTicks, yTicks) {
    const { left, right, bottom } = CurvePlot.AREA;
    const [low, high] = this.range;
    const across = (tick) => {
      const x = this.across(tick);
      return [
        this.rule(x, bottom, x, bottom + 4, "axis"),
        this.text(x, bottom + 18, tick, "middle"),
      ];
    };
    const down = (tick) => {
      const y = this.down(tick);
      const kind = tick === 0 ? "axis" : "grid";
      return [this.rule(left, y, right, y, kind), this.text(left - 5, y + 4, tick, "end")];
    };
    const seen = yTicks.filter((tick) => tick >= low && tick <= high);
    return [...xTicks.flatMap(across), ...seen.flatMap(down)];
  }

  text(x, y, words, anchor = "start", kind = "") {
    const shown = String(words).replace("-", "\u2212");
    return live.svg("text", { x, y, "text-anchor": anchor, class: kind }, shown);
  }

  rule(x1, y1, x2, y2, kind) {
    return live.svg("line", { x1, y1, x2, y2, class: kind });
  }

  curve({ f, hue, dash = 0 }) {
    const [from, to] = this.line;
    const place = (_, i) => from + ((to - from) * i) / 320;
    const points = Array.from({ length: 321 }, place).map(
      (x) => `${this.across(x).toFixed(1)},${this.down(f(x)).toFixed(1)}`,
    );
    return live.svg("polyline", {
      points: points.join(" "),
      class: "curve-ink",
      ...CurvePlot.ink(hue, dash),
    });
  }

  dot({ x, y, hue }) {
    const [low, high] = this.range;
    if (y < low || y > high) return null;
    return live.svg("circle", {
      cx: this.across(x),
      cy: this.down(y),
      r: 5,
      class: "curve-ink",
      style: `--hue: ${hue}`,
    });
  }

  // A strip at the bottom from x to x, the `row`th of its kind.
  strip([from, to], row, hue) {
    const [x, y] = [this.across(from), CurvePlot.AREA.bottom - 6 - 7 * row];
    return live.svg("rect", {
      x,
      y,
      width: this.across(to) - x,
      height: 5,
      class: "curve-ink",
      style: `--hue: ${hue}`,
    });
  }

  static ink(hue, dash) {
    return { style: `--hue: ${hue}`, "stroke-dasharray": CurvePlot.DASHES[dash] };
  }

  // A piece of a curve's line, to stand before its name.
  static sample(hue, dash = 0) {
    const line = live.svg("line", {
      x1: 0,
      y1: 6,
      x2: 28,
      y2: 6,
      class: "curve-ink",
      ...CurvePlot.ink(hue, dash),
    });
    return live.svg(
      "svg",
      { viewBox: "0 0 28 12", class: "curve-sample", "aria-hidden": "true" },
      line,
    );
  }
}
