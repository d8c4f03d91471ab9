// Digits as pictures: strokes of a pen, as text for the address, as ink on a grid; scaled and
// centred as MNIST's digits are; and changed. No DOM in this file.
const digitInk = (() => {
  const [GRID, SIDE, BOX] = [64, 28, 20]; // places along the pad; pixels of a picture; of its ink
  const PEN = 3; // its radius, in places of the pad
  const MOST = 1000; // points of a drawing: two letters each in the address
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  // Strokes are lists of [x, y], whole numbers from 0 to 63: a letter each, a dot between strokes.
  const toText = (strokes) =>
    strokes
      .map((stroke) =>
        stroke
          .flat()
          .map((at) => LETTERS[at])
          .join(""),
      )
      .join(".");

  function fromText(text) {
    if (!/^([\w-]{2})+(\.([\w-]{2})+)*$/.test(text) || text.length > 3 * MOST) return undefined;
    const points = (part) => part.match(/../g).map((pair) => [...pair].map((one) => LETTERS.indexOf(one)));
    const strokes = text.split(".").map(points);
    return count(strokes) <= MOST ? strokes : undefined;
  }

  const count = (strokes) => strokes.reduce((sum, { length }) => sum + length, 0);
  const clamp = (value, least = 0, most = 1) => Math.min(Math.max(value, least), most);

  // How far a place is from the line between two points.
  function away(x, y, [x1, y1], [x2, y2]) {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = dx || dy ? clamp(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)) : 0;
    return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
  }

  // Ink from 0 to 1 at each place of the pad; at the pen's edge it is between.
  function raster(strokes) {
    const ink = new Float64Array(GRID * GRID);
    const put = (a, b) => {
      const span = (k) =>
        [Math.min(a[k], b[k]) - PEN - 1, Math.max(a[k], b[k]) + PEN + 1].map((at) => clamp(at, 0, GRID - 1));
      const [[left, right], [top, bottom]] = [span(0), span(1)];
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const value = clamp(PEN + 0.5 - away(x, y, a, b));
          if (value > ink[y * GRID + x]) ink[y * GRID + x] = value;
        }
      }
    };
    for (const stroke of strokes) stroke.forEach((point, i) => put(stroke[Math.max(i - 1, 0)], point));
    return ink;
  }

  // Without the points that are within reach of a place; a stroke may fall into pieces.
  function erased(strokes, [x, y], reach = PEN + 2) {
    const pieces = strokes.flatMap((stroke) => {
      const parts = [[]];
      for (const point of stroke) {
        if (away(x, y, point, point) > reach) parts.at(-1).push(point);
        else parts.push([]);
      }
      return parts;
    });
    return pieces.filter(({ length }) => length);
  }

  // The box around the ink of the pad, and its centre of mass; null without ink.
  function measured(ink) {
    const found = { left: GRID, right: 0, top: GRID, bottom: 0, mass: 0, x: 0, y: 0 };
    ink.forEach((value, at) => {
      if (!value) return;
      const [x, y] = [at % GRID, Math.floor(at / GRID)];
      found.left = Math.min(found.left, x);
      found.right = Math.max(found.right, x + 1);
      found.top = Math.min(found.top, y);
      found.bottom = Math.max(found.bottom, y + 1);
      found.mass += value;
      found.x += value * (x + 0.5);
      found.y += value * (y + 0.5);
    });
    const { mass, x, y } = found;
    return mass ? { ...found, x: x / mass, y: y / mass } : null;
  }

  // Which place of the pad comes to the picture's middle, and pixels a place: MNIST's way, in which
  // the longer side of the box is 20 pixels, for `share` 1; the whole pad as it is for 0.
  function framed({ left, right, top, bottom, x, y }, share) {
    const between = (from, to) => from + share * (to - from);
    const scale = between(SIDE / GRID, BOX / Math.max(right - left, bottom - top));
    return { x: between(GRID / 2, x), y: between(GRID / 2, y), scale };
  }

  // For each pixel of a side, the part of every place that falls into it.
  function overlaps(centre, scale) {
    return Array.from({ length: SIDE }, (_, i) => {
      const [from, to] = [i, i + 1].map((edge) => centre + (edge - SIDE / 2) / scale);
      const parts = [];
      for (let k = Math.max(Math.floor(from), 0); k < Math.min(to, GRID); k++) {
        parts.push([k, scale * (Math.min(to, k + 1) - Math.max(from, k))]);
      }
      return parts;
    });
  }

  // A picture of 28 x 28 pixels: each is the mean of the ink that falls into it.
  function placed(ink, { x, y, scale }) {
    const [across, down] = [overlaps(x, scale), overlaps(y, scale)];
    const rows = Array.from({ length: GRID }, (_, k) =>
      across.map((parts) => parts.reduce((sum, [l, part]) => sum + part * ink[k * GRID + l], 0)),
    );
    return Float64Array.from({ length: SIDE * SIDE }, (_, at) =>
      down[Math.floor(at / SIDE)].reduce((sum, [k, part]) => sum + part * rows[k][at % SIDE], 0),
    );
  }

  const pixel = (picture, row, column) =>
    row >= 0 && row < SIDE && column >= 0 && column < SIDE ? picture[row * SIDE + column] : 0;

  // Each pixel on the way to the brightest of it and its four neighbours, or to the darkest.
  function thickened(picture, by) {
    if (!by) return picture;
    const choose = by > 0 ? Math.max : Math.min;
    const once = picture.map((value, at) => {
      const [i, j] = [Math.floor(at / SIDE), at % SIDE];
      const around = [
        [i - 1, j],
        [i + 1, j],
        [i, j - 1],
        [i, j + 1],
      ].map((place) => pixel(picture, ...place));
      return value + Math.min(Math.abs(by), 1) * (choose(value, ...around) - value);
    });
    return thickened(once, Math.sign(by) * Math.max(Math.abs(by) - 1, 0));
  }

  // Mirrored, turned (degrees, as a clock's hand), shifted (pixels): the four nearest pixels mixed.
  function moved(picture, { right, down, turn, mirror }) {
    const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
    const middle = (SIDE - 1) / 2;
    return picture.map((_, at) => {
      const [dx, dy] = [(at % SIDE) - middle - right, Math.floor(at / SIDE) - middle - down];
      const [x, y] = [(mirror ? -1 : 1) * (cos * dx + sin * dy) + middle, cos * dy - sin * dx + middle];
      const [j, i] = [Math.floor(x), Math.floor(y)];
      const row = (k) => (1 - x + j) * pixel(picture, k, j) + (x - j) * pixel(picture, k, j + 1);
      return (1 - y + i) * row(i) + (y - i) * row(i + 1);
    });
  }

  // Normal numbers times `by` are added, the same ones each time; what is no grey is cut off.
  function noisy(picture, by) {
    let state = 1; // Park and Miller's generator: exact in every browser
    const random = () => (state = (48271 * state) % 2147483647) / 2147483647;
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return by ? picture.map((value) => clamp(value + by * normal())) : picture;
  }

  const changed = (picture, changes) =>
    noisy(moved(thickened(picture, changes.thick), changes), changes.noise);

  return {
    GRID,
    SIDE,
    BOX,
    MOST,
    toText,
    fromText,
    count,
    clamp,
    raster,
    erased,
    measured,
    framed,
    placed,
    changed,
  };
})();
