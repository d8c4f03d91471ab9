// What two networks on texts make of one text, word by word: an average of words, and a sum of
// words and pairs. Both are linear in their entries, so each entry's share is exact. No DOM here.
const wordShares = (() => {
  // As `nbhelpers.text`: letters and digits with their accents, apostrophes inside only. Python's
  // patterns count other signs as spaces than JavaScript's, and marks up to U+1FFFF as accents.
  const LETTERS = "(?:[\\p{L}\\p{N}](?:(?![\\u{20000}-\\u{10ffff}])\\p{M}|[\\u200c\\u200d])*)+";
  const WORD = new RegExp(`${LETTERS}(?:'${LETTERS})*`, "gu");
  const LINE_BREAK = /<br(?:(?!\ufeff)\s|[\x1c-\x1f\x85])*\/?>/g;

  function tokenize(text) {
    const plain = text.normalize("NFC").replaceAll("\u0130", "i").toLowerCase();
    return plain.replaceAll("\u2019", "'").replace(LINE_BREAK, " ").match(WORD) ?? [];
  }

  // Return a network out of the arrays that the chapter exported.
  function network({ entries, contribution, ratio, bias }) {
    const index = new Map(entries.map((entry, at) => [entry, at]));
    const [worth, ratios] = [contribution.values, ratio?.values];
    return { index, worth, ratios, bias: bias.values[0] };
  }

  function answer(net, parts) {
    const logit = parts.reduce((sum, { share }) => sum + share, net.bias);
    return { parts, logit, bias: net.bias, probability: 1 / (1 + Math.exp(-logit)) };
  }

  // The average: every word of the text counts once for each place, the unknown ones with the
  // score of "unknown", index 1; all of it is divided by the number of words.
  function average(net, text) {
    const words = tokenize(text);
    const parts = words.map((word) => {
      const worth = net.worth[net.index.get(word) ?? 1];
      return { word, known: net.index.has(word), worth, share: worth / words.length };
    });
    return { ...answer(net, parts), scale: words.length };
  }

  // Words and pairs: each entry counts once, however often it stands there; the sum is divided by
  // the length of the fixed weights as a vector. What is no entry says nothing.
  function pairs(net, text) {
    const words = tokenize(text);
    const two = words.slice(1).map((word, at) => `${words[at]} ${word}`);
    const found = [...new Set([...words, ...two])].filter((word) => net.index.has(word));
    const places = found.map((word) => net.index.get(word));
    const scale = Math.sqrt(places.reduce((sum, at) => sum + net.ratios[at] ** 2, 1e-9));
    const parts = found.map((word, at) => {
      const worth = net.worth[places[at]];
      return { word, worth, share: worth / scale };
    });
    return { ...answer(net, parts), scale };
  }

  // Return the text without a word, which stands between signs that belong to no word.
  function without(text, word) {
    const inside = "[\\p{L}\\p{N}\\p{M}'\u2019]";
    return text.replace(new RegExp(`(?<!${inside})${word}(?!${inside})\\s*`, "giu"), "");
  }

  return { tokenize, network, average, pairs, without };
})();
