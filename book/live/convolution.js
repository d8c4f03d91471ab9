// Convolution as a list of connections, and every sum of it forward and backward. No DOM here.
//
// A connection says: output `o` takes pixel `p` times kernel entry `k`. All sums of a convolution,
// forward and backward, are sums over this one list, each by another of the three:
//   value of output o      = bias + sum of x[p] w[k]  over the connections with this o
//   slope in kernel entry k =        sum of x[p] d[o]  over those with this k
//   slope in pixel p        =        sum of d[o] w[k]  over those with this p
// Arrays are flat, in the order of NumPy: pictures (height, width, channels), kernels
// (height, width, channels), outputs and their slopes (height, width). One filter.
const convolution = (() => {
  // How many windows fit along a side, and how many zeros stand before the first pixel.
  function side(size, kernel, stride, padding) {
    const places = Math.floor((size - kernel) / stride) + 1;
    if (padding === "valid") return { out: places, before: 0, behind: 0 };
    const out = Math.ceil(size / stride);
    const missing = Math.max((out - 1) * stride + kernel - size, 0);
    return { out, before: Math.floor(missing / 2), behind: missing - Math.floor(missing / 2) };
  }

  function layout({ height, width, channels, kernelHeight, kernelWidth, stride, padding }) {
    const down = side(height, kernelHeight, stride, padding);
    const across = side(width, kernelWidth, stride, padding);
    return {
      outHeight: down.out,
      outWidth: across.out,
      top: down.before,
      left: across.before,
      behind: across.behind,
      pixels: height * width * channels,
      entries: kernelHeight * kernelWidth * channels,
      outputs: down.out * across.out,
    };
  }

  // All connections, by output and then by kernel entry. A pixel of the border of zeros is -1.
  function connections(shape) {
    const { outWidth, top, left, outputs, entries } = layout(shape);
    const { height, width, channels, kernelWidth, stride } = shape;
    const list = [];
    for (let o = 0; o < outputs; o++) {
      for (let k = 0; k < entries; k++) {
        const c = k % channels;
        const v = Math.floor(k / channels) % kernelWidth;
        const u = Math.floor(k / (channels * kernelWidth));
        const row = Math.floor(o / outWidth) * stride + u - top;
        const column = (o % outWidth) * stride + v - left;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        list.push({ o, k, p: inside ? (row * width + column) * channels + c : -1 });
      }
    }
    return list;
  }

  // What is summed for one number: `by` is "o", "k" or "p", `at` which of them.
  function terms(list, by, at, { x, w, d }) {
    const pixel = (p) => (p < 0 ? 0 : x[p]);
    const factors = {
      o: ({ p, k }) => [pixel(p), w[k]],
      k: ({ p, o }) => [pixel(p), d[o]],
      p: ({ o, k }) => [d[o], w[k]],
    };
    return list
      .filter((one) => one[by] === at)
      .map((one) => ({ ...one, factors: factors[by](one) }));
  }

  // All numbers of a kind at once; the bias is added by who wants it.
  function sums(list, by, count, arrays) {
    const total = new Array(count).fill(0);
    for (let at = 0; at < count; at++) {
      for (const { factors: [a, b] } of terms(list, by, at, arrays)) total[at] += a * b;
    }
    return total;
  }

  return { side, layout, connections, terms, sums };
})();
