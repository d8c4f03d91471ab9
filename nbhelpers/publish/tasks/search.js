// The words of all pages, for Sphinx' search, which is loaded after this: see search.py.
const wordsOfPages = PAGES;

// What Sphinx has, but for `score`: a page gains by every mention, up to twenty.
var Scorer = {
  score: ([page, , anchor, , score]) => {
    const asked = new URLSearchParams(location.search).get("q").toLowerCase().split(/\s+/);
    const text = (wordsOfPages[page] ?? "").toLowerCase();
    const mentions = Math.max(...asked.filter(Boolean).map((word) => text.split(word).length - 1), 0);
    return anchor ? score : score + Math.min(mentions, 20);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// Sphinx fetches what it quotes. The words of a page are here already.
window.fetch = async (address) => {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const page = new URL(address, location.href).href.slice(root.href.length).replace(/\.html$/, "");
  return new Response(`<div role="main">${wordsOfPages[page] ?? ""}</div>`);
};
