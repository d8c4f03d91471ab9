// Numbers as pictures: ink for a digit, blue and orange for what may be below zero.
const digitPictures = (() => {
  const { make, svg } = live;

  // Colours of the theme as [red, green, blue]; a canvas knows how each is written.
  function palette(figure) {
    const pen = make("canvas").getContext("2d");
    const parts = (name) => {
      pen.fillStyle = figure.colour(name);
      return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
    };
    return { ink: parts("--pst-color-text-base"), more: parts("--live-blue"), less: parts("--live-orange") };
  }

  // Paint rows of values: each the colour of its sign, the stronger the larger it is.
  function paint(canvas, values, width, [more, less], largest = 1) {
    const height = values.length / width;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    const pixels = pen.createImageData(width, height);
    values.forEach((value, at) => {
      pixels.data.set(value < 0 ? less : more, 4 * at);
      pixels.data[4 * at + 3] = 255 * Math.min(Math.abs(value) / largest, 1);
    });
    pen.putImageData(pixels, 0, 0);
  }

  // A picture with a drawing over it: both fill the same square.
  function framed(about, size) {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const over = svg("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" });
    return { canvas, over, element: make("div", { class: "digit-square", ...about }, canvas, over) };
  }

  const box = (name, [top, left, bottom, right]) =>
    svg("rect", { class: name, x: left, y: top, width: right - left, height: bottom - top });
  const cross = (x, y, arm) =>
    svg("path", { class: "cross", d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}` });

  return { palette, paint, framed, box, cross };
})();
