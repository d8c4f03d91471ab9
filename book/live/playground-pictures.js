// The playground's pictures: places of the plane in colour, curves, and the network unit by unit.
const playgroundPictures = (() => {
  const { make, svg, shown } = live;
  const REACH = 1.2; // of the plane that is shown
  const [COLUMN, ROW, UNIT] = [74, 44, 36]; // of the network, in pixels

  // Colours of the theme as red, green, blue.
  function palette(figure) {
    const pen = make("canvas").getContext("2d");
    const parts = (name) => {
      pen.fillStyle = figure.colour(name);
      return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
    };
    const names = { ground: "--pst-color-background", one: "--live-blue-ground", zero: "--live-orange-ground" };
    Object.assign(names, { more: "--live-blue", less: "--live-orange", line: "--live-line" });
    return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, parts(name)]));
  }

  // Paint values of a square grid: `tint` gives a colour and how much of it.
  function paint(canvas, values, ground, tint) {
    const side = Math.sqrt(values.length);
    Object.assign(canvas, { width: side, height: side });
    const pen = canvas.getContext("2d");
    const pixels = pen.createImageData(side, side);
    values.forEach((value, place) => {
      const [colour, share] = tint(value);
      for (let c = 0; c < 3; c++) pixels.data[4 * place + c] = ground[c] + share * (colour[c] - ground[c]);
      pixels.data[4 * place + 3] = 255;
    });
    pen.putImageData(pixels, 0, 0);
  }

  // Answers from 0 to 1; the border at one half is where the colours meet.
  function answers(canvas, values, colours) {
    const tint = (a) =>
      Number.isFinite(a) ? [a > 0.5 ? colours.one : colours.zero, 0.3 + 1.4 * Math.abs(a - 0.5)] : [colours.line, 1];
    paint(canvas, values, colours.ground, tint);
  }

  // What a unit says, by its own largest value: blue above zero, orange below.
  function unit(canvas, values, colours) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
    const tint = (a) => [a > 0 ? colours.more : colours.less, Number.isFinite(a) ? Math.abs(a) / largest : 0];
    paint(canvas, values, colours.ground, tint);
  }

  // Points as triangles (class 1) and circles, and a cross at the place that is looked at.
  function points(drawing, { train, test }, [px, py], showTest) {
    const mark = ({ x: [x1, x2], y }, kind) => {
      const [x, up] = [100 * x1, -100 * x2];
      const about = { class: `${kind} ${y ? "one" : "zero"}` };
      return y
        ? svg("path", { ...about, d: `M${x - 4} ${up + 3.5}h8l-4 -7.5z` })
        : svg("circle", { ...about, cx: x, cy: up, r: 3.8 });
    };
    const all = [...(showTest ? test.map((one) => mark(one, "test")) : []), ...train.map((one) => mark(one, "train"))];
    const cross = svg("path", { class: "place", d: `M${100 * px - 7} ${-100 * py}h14m-7 -7v14` });
    drawing.replaceChildren(...all, cross);
  }

  // Losses over the epochs, a line a seed; training points solid, test points dashed.
  function curves(drawing, runs) {
    const all = runs.flatMap(({ curve }) => curve.flatMap(({ train, test }) => [train, test]));
    const highest = all.filter(Number.isFinite).reduce((most, loss) => Math.max(most, loss), 1e-9);
    const top = Math.min(highest, 2 * (runs[0].curve[0].train || 1)); // what explodes is cut off
    const last = Math.max(runs[0].curve.length - 1, 1);
    const every = Math.ceil(runs[0].curve.length / 300);
    const line = (run, which) => {
      const places = run.curve.map((point, epoch) => [epoch, point[which]]).filter(([epoch]) => epoch % every === 0);
      const seen = places.filter(([, loss]) => Number.isFinite(loss));
      const at = ([epoch, loss]) => `${(40 + (250 * epoch) / last).toFixed(1)},${(120 - (110 * Math.min(loss, top)) / top).toFixed(1)}`;
      return svg("polyline", { class: which, points: seen.map(at).join(" ") });
    };
    const text = (x, y, anchor, said) => svg("text", { x, y, "text-anchor": anchor }, said);
    const frame = svg("path", { class: "frame", d: "M40 5V120H295" });
    const numbers = [text(36, 16, "end", shown(top, 2)), text(36, 124, "end", "0"), text(40, 138, "middle", "0"), text(290, 138, "end", String(last))];
    drawing.replaceChildren(frame, ...numbers, ...runs.flatMap((run) => ["test", "train"].map((which) => line(run, which))));
  }

  // The network: a picture a unit, a line a weight. `look` is called with layer, unit and weight.
  class Net {
    constructor(sizes, name, look) {
      Object.assign(this, { sizes, lines: [], units: [] });
      const tallest = Math.max(...sizes);
      const [width, height] = [COLUMN * (sizes.length - 1) + UNIT, ROW * tallest];
      this.element = make("div", { class: "play-net", style: `width: ${width}px; height: ${height}px` });
      const wires = svg("svg", { width, height, "aria-hidden": "true" });
      const at = (l, j) => [COLUMN * l, ROW * (j + (tallest - sizes[l]) / 2)];
      sizes.forEach((units, l) => {
        for (let j = 0; j < units; j++) this.units.push(this.unit(l, j, at(l, j), name(l, j), look));
        for (let j = 0; l && j < units; j++) for (let i = 0; i < sizes[l - 1]; i++) this.lines.push(this.line(l, j, i, at, look));
      });
      wires.append(...this.lines.map(({ element }) => element));
      this.element.append(wires, ...this.units.map(({ element }) => element));
    }

    unit(l, j, [x, y], label, look) {
      const canvas = make("canvas");
      const seen = () => look(l, j);
      const about = { type: "button", "aria-label": label, style: `left: ${x}px; top: ${y}px`, onclick: seen, onfocus: seen };
      const element = make("button", { ...about, onpointerenter: seen }, canvas);
      return { l, j, canvas, element };
    }

    line(l, j, i, at, look) {
      const [[x1, y1], [x2, y2]] = [at(l - 1, i), at(l, j)];
      const half = UNIT / 2;
      const about = { x1: x1 + UNIT, y1: y1 + half, x2, y2: y2 + half, onpointerenter: () => look(l, j, i) };
      return { l, j, i, element: svg("line", about) };
    }

    show(layers, pictures, inputs, colours, looked) {
      for (const { l, j, canvas, element } of this.units) {
        unit(canvas, l ? pictures[l - 1][j] : inputs[j], colours);
        const lit = l === looked.l && j === looked.j;
        element.classList.toggle("lit", lit);
        element.tabIndex = lit ? 0 : -1; // one stop for Tab; arrows go from unit to unit
      }
      for (const { l, j, i, element } of this.lines) {
        const { kernel, units } = layers[l - 1];
        const weight = kernel.value[i * units + j];
        element.setAttribute("stroke-width", Math.min(0.3 + 1.5 * Math.abs(weight), 6) || 0);
        const lit = l === looked.l && j === looked.j && (looked.i ?? i) === i;
        element.setAttribute("class", `${weight > 0 ? "more" : "less"}${lit ? " lit" : ""}`);
      }
    }
  }

  return { REACH, palette, answers, points, curves, Net };
})();
