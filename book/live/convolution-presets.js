// Pictures and kernels to start from, of any size. No DOM here.
const convolutionPresets = (() => {
  const BAR = [
    [0, 0, 1, 1, 0],
    [0, 0, 2, 1, 0],
    [0, 1, 2, 0, 0],
    [0, 1, 1, 0, 0],
    [0, 2, 1, 0, 0],
  ];
  const inner = (place, size) => place >= Math.floor(size / 4) && place < Math.ceil((3 * size) / 4);
  const middle = (side) => Math.floor((side - 1) / 2);
  const away = (u, v, side) => Math.abs(u - middle(side)) + Math.abs(v - middle(side));
  const slope = (u, v, side) => {
    const centre = (side - 1) / 2;
    return (v - centre) * (centre + 1 - Math.abs(u - centre));
  };

  const pictures = {
    bar: (row, column) => BAR[row % 5][column % 5],
    square: (row, column, size) => Number(inner(row, size) && inner(column, size)),
    ramp: (row, column) => column,
    dot: (row, column, size) => Number(away(row, column, size) === 0),
  };
  const kernels = {
    sobel: slope,
    sobelDown: (u, v, side) => slope(v, u, side),
    edges: (u, v, side) => (away(u, v, side) ? -1 : side * side - 1),
    blur: (u, v, side) => 1 / (side * side),
    sharpen: (u, v, side) => [5, -1, 0][Math.min(away(u, v, side), 2)],
    tap: (u, v, side) => Number(away(u, v, side) === 0),
  };

  function filled(side, channels, value) {
    const all = [];
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++)
        for (let c = 0; c < channels; c++) all.push(value(row, column, c));
    return all;
  }

  // The second channel is the first one turned over, the third one mirrored.
  const picture = (name, size, channels) =>
    filled(size, channels, (row, column, c) => {
      const place = [[row, column], [column, row], [row, size - 1 - column]][c];
      return pictures[name](...place, size);
    });
  const kernel = (name, side, channels) =>
    filled(side, channels, (u, v) => kernels[name](u, v, side));
  const slopes = (count) => Array.from({ length: count }, (_, o) => ((2 * o + 1) % 3) - 1);

  return {
    picture,
    kernel,
    slopes,
    pictures: Object.keys(pictures),
    kernels: Object.keys(kernels),
  };
})();
