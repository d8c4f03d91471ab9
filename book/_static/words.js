// A word of the glossary explains itself where it is pointed at, focused or tapped; a second tap
// follows the link. Its definition is on the page, in <template id="definition-...">.
(() => {
  let tip = null;
  let word = null; // the link whose definition is shown
  let tapped = false;
  let waiting = 0;

  const templateOf = (link) => document.getElementById(`definition-${link.hash.slice(1)}`);

  function wordAt(target) {
    const link = target.closest?.("a.internal");
    return link?.hash && templateOf(link) ? link : null;
  }

  function hide() {
    clearTimeout(waiting);
    word?.removeAttribute("aria-describedby");
    word = null;
    tapped = false;
    tip.remove();
  }

  function show(link) {
    clearTimeout(waiting);
    if (link === word) return;
    hide();
    word = link;
    tip.replaceChildren(templateOf(link).content.cloneNode(true));
    link.setAttribute("aria-describedby", tip.id);
    document.querySelector("article.bd-article").append(tip);
    place(link.getClientRects()[0]);
  }

  // Below the word, or above it where there is no room; never beyond the edge of the screen.
  function place(at) {
    const [origin, margin] = [tip.offsetParent.getBoundingClientRect(), 6];
    const widest = document.documentElement.clientWidth - tip.offsetWidth - margin;
    const fits = at.bottom + margin + tip.offsetHeight < innerHeight;
    const top = fits ? at.bottom + margin : at.top - margin - tip.offsetHeight;
    tip.style.left = `${Math.max(margin, Math.min(at.left, widest)) - origin.left}px`;
    tip.style.top = `${top - origin.top}px`;
  }

  function soon(action) {
    clearTimeout(waiting);
    waiting = setTimeout(action, 250);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector("template[id^=definition-]")) return;
    tip = element("div", { id: "word-tip", className: "word-tip", role: "tooltip" });
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse") return;
      const link = wordAt(event.target);
      if (link) soon(() => show(link));
      else if (tip.contains(event.target)) clearTimeout(waiting);
      else soon(() => word !== document.activeElement && hide());
    });
    document.addEventListener("focusin", (event) => {
      const link = wordAt(event.target);
      if (link) show(link);
      else hide();
    });
    document.addEventListener("click", (event) => {
      const link = wordAt(event.target);
      if (link && event.pointerType === "touch" && !(tapped && link === word)) {
        event.preventDefault();
        show(link);
        tapped = true;
      } else if (!link && !tip.contains(event.target)) hide();
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  });
})();
