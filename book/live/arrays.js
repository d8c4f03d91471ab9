// Arrays that a chapter exported (`report.export` in Python): float16, uint8, or texts.
// Each comes in a script that calls `arrays.add`, since a page opened from disk can fetch nothing.
const arrays = (() => {
  const kept = {}; // name -> what was exported under it

  function add(name, table) {
    kept[name] = table;
  }

  // Return the number that 16 bits stand for (IEEE 754: sign, 5 bits of exponent, 10 of fraction).
  function half(bits) {
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
    return bits >> 15 ? -size : size;
  }

  function decoded({ shape, dtype, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    if (dtype === "uint8") return { shape, values: bytes };
    const view = new DataView(bytes.buffer);
    const values = Float64Array.from({ length: bytes.length / 2 }, (_, at) =>
      half(view.getUint16(2 * at, true)),
    );
    return { shape, values };
  }

  // Return what was exported under a name: key -> { shape, values } (flat, C order), or the texts.
  function of(name) {
    return Object.fromEntries(
      Object.entries(kept[name]).map(([key, value]) => [
        key,
        Array.isArray(value) ? value : decoded(value),
      ]),
    );
  }

  return { add, half, of };
})();
