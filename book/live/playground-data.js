// The playground's points: drawn at random from a seed, or a reader's own. No DOM in this file.
const playgroundData = (() => {
  const TURNS = 1.5; // of a spiral's arm, as in the chapter
  const [TRAINED, TESTED] = [100, 200];
  const [LARGEST, FULL] = [1.2, 100]; // of own points: a coordinate, and how many

  // Random numbers from 0 to 1, the same for the same seed in every browser (mulberry32).
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  const normal = (random) =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const polar = (radius, angle) => [radius * Math.cos(angle), radius * Math.sin(angle)];

  // Each: a place without noise, for a point of class y.
  const places = {
    spiral: (random, y) => {
      const t = 0.1 + 0.9 * random();
      return polar(t, 2 * Math.PI * TURNS * t + Math.PI * y);
    },
    circles: (random, y) =>
      polar((y ? 0 : 0.65) + 0.35 * random(), 2 * Math.PI * random()),
    xor: (random, y) => {
      const [a, b] = [0.1 + 0.85 * random(), 0.1 + 0.85 * random()];
      return random() < 0.5 ? [a, y ? -b : b] : [-a, y ? b : -b];
    },
    gaussians: (random, y) => {
      const centre = y ? 0.4 : -0.4;
      return [centre + 0.2 * normal(random), centre + 0.2 * normal(random)];
    },
  };

  function drawn(name, count, noise, random) {
    return Array.from({ length: count }, (_, n) => {
      const x = places[name](random, n % 2).map((part) => part + noise * normal(random));
      return { x, y: n % 2 };
    });
  }

  // Own points are x1, x2, class, one after the other; every fourth is kept for the test.
  function own(numbers) {
    const points = Array.from({ length: Math.floor(numbers.length / 3) }, (_, n) => {
      const [x1, x2, y] = numbers.slice(3 * n, 3 * n + 3);
      return { x: [x1, x2], y: Number(y > 0.5) };
    });
    const kept = (n) => n % 4 === 3;
    return { train: points.filter((_, n) => !kept(n)), test: points.filter((_, n) => kept(n)) };
  }

  function make(name, noise, numbers) {
    if (name === "own") return own(numbers);
    const random = generator(0); // seeds are for the network: all of them see the same points
    return {
      train: drawn(name, TRAINED, noise, random),
      test: drawn(name, TESTED, noise, random),
    };
  }

  // Lines "x1, x2, class" of a reader: the numbers, and how many lines are none of these.
  function parse(text) {
    const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
    const rows = lines.map((line) => line.split(/[,;\t ]+/).map(Number));
    const within = (value) => Math.abs(value) <= LARGEST;
    const fits = (row) =>
      row.length === 3 && within(row[0]) && within(row[1]) && (row[2] === 0 || row[2] === 1);
    const good = rows.filter(fits).slice(0, FULL);
    const rounded = good.map(([x1, x2, y]) => [Number(x1.toFixed(3)), Number(x2.toFixed(3)), y]);
    return { numbers: rounded.flat(), refused: rows.length - good.length };
  }

  const names = [...Object.keys(places), "own"];
  return { generator, normal, make, parse, names, LARGEST, FULL };
})();
