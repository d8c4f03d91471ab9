// Reading marks: which chapters were read, and where the reader was. They stay in this browser;
// without this script there is nothing to see of them.
(() => {
  const PAGE = DOCUMENTATION_OPTIONS.pagename;
  const LINKS = PAGE === "index" ? "nav.bd-links a.internal, article a.internal" : "nav.bd-links a.internal";

  const pageOf = (link) =>
    decodeURI(link.pathname).slice(memory.book.length).replace(/\.html$/, "");

  function mark() {
    const read = memory.get("read", []);
    document.querySelectorAll(".page-read").forEach((old) => old.remove());
    for (const link of document.querySelectorAll(LINKS)) {
      if (!read.includes(pageOf(link))) continue;
      const word = element("span", { className: "visually-hidden" }, " (read)");
      link.append(element("span", { className: "page-read" }, " \u2713", word));
    }
  }

  function whatIsKept() {
    const said = element("span", { role: "status" }, "Kept in this browser only. ");
    const button = element("button", { type: "button" }, "Forget it all");
    button.addEventListener("click", () => {
      memory.forget();
      document.dispatchEvent(new Event("forgotten"));
      said.textContent = "All marks and answers are forgotten.";
      button.remove();
    });
    return element("small", {}, said, button);
  }

  function offerToMark(article) {
    const box = element("input", { type: "checkbox" });
    box.checked = memory.get("read", []).includes(PAGE);
    box.addEventListener("change", () => {
      const others = memory.get("read", []).filter((page) => page !== PAGE);
      memory.set("read", box.checked ? [...others, PAGE] : others);
      mark();
    });
    document.addEventListener("forgotten", () => (box.checked = false));
    const label = element("label", {}, box, " I have read this chapter");
    article.append(element("p", { className: "reading-marks d-print-none" }, label, whatIsKept()));
  }

  function words(heading) {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll(".headerlink, .katex-html, annotation").forEach((part) => part.remove());
    return copy.textContent.trim();
  }

  // The last heading that has passed the upper part of the screen.
  function keepPlace() {
    const headings = [...document.querySelectorAll("article section[id] > :is(h1, h2, h3)")];
    const passed = headings.findLast((each) => each.getBoundingClientRect().top < innerHeight / 3);
    const heading = passed ?? headings[0];
    const place = { page: PAGE, title: words(headings[0]), id: heading.parentElement.id };
    memory.set("place", { ...place, heading: heading === headings[0] ? "" : words(heading) });
  }

  function keepPlaceOnLeaving() {
    const keep = () => document.visibilityState === "hidden" && keepPlace();
    document.addEventListener("visibilitychange", keep);
    addEventListener("pagehide", keepPlace);
    document.addEventListener("forgotten", () => {
      document.removeEventListener("visibilitychange", keep);
      removeEventListener("pagehide", keepPlace);
    });
  }

  function offerToContinue(article) {
    const place = memory.get("place", null);
    if (!place && !memory.get("read", null)) return;
    const line = element("p", { className: "reading-marks d-print-none" });
    if (place) {
      const text = place.title + (place.heading && `: ${place.heading}`);
      const link = element("a", { href: `${place.page}.html#${place.id}` }, text);
      line.append(element("span", {}, "Continue where you were: ", link));
      document.addEventListener("forgotten", () => link.parentElement.remove());
    }
    line.append(whatIsKept());
    article.querySelector("h1").after(line);
  }

  // The theme leaves the sidebar where it was on the page before, where this one may be out of sight.
  function showInSidebar(link) {
    const sidebar = link.closest(".bd-sidebar");
    const [at, frame] = [link, sidebar].map((each) => each.getBoundingClientRect());
    if (at.top < frame.top || at.bottom > frame.bottom) {
      sidebar.scrollTop += at.top - frame.top - frame.height / 3;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const article = document.querySelector("article.bd-article");
    const current = document.querySelector("nav.bd-links a.current");
    if (current) showInSidebar(current);
    if (!memory.works || !article) return;
    if (PAGE === "index") offerToContinue(article);
    else if (current) keepPlaceOnLeaving();
    if (/^\s*\d+\./.test(current?.textContent)) offerToMark(article);
    document.addEventListener("forgotten", mark);
    addEventListener("pageshow", mark); // also when the browser goes back to a page it had kept
    mark();
  });
})();
