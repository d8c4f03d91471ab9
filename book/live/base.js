// The base of the living figures. One is a custom element <living-NAME>, a class that extends
// `live.Figure`: it says what its state is (`fields`), makes its elements once (`build`) and shows
// the state (`draw`). All else is here: the place, the address, time, words, colours.
const live = (() => {
  const tables = {}; // language -> figure -> key -> text
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const PARTS = ["tools"]; // what every figure lets a teacher hide, besides its own

  // Make an element. Attributes are text, true or false, or undefined, which is none; those that
  // begin with "on" are listeners.
  // Children are elements or text: what a reader typed never becomes markup.
  function filled(made, about, children) {
    for (const [key, value] of Object.entries(about)) {
      if (typeof value === "function") made.addEventListener(key.slice(2), value);
      else if (typeof value === "boolean") made.toggleAttribute(key, value);
      else if (value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }
  const make = (tag, about = {}, ...children) =>
    filled(document.createElement(tag), about, children);
  const svg = (tag, about = {}, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", tag), about, children);

  // Numbers as a reader sees them, with a real minus sign.
  const shown = (value, digits = 4) =>
    String(Number(value.toPrecision(digits))).replaceAll("-", "\u2212");

  function addWords(language, name, table) {
    (tables[language] ??= {})[name] = table;
  }

  class Figure extends HTMLElement {
    static fields = {};
    static parts = []; // names of what `hide=` can take away: elements with this `data-part`

    connectedCallback() {
      if (this.state) return; // only moved
      this.name = this.localName.slice("living-".length);
      const parts = [...PARTS, ...this.constructor.parts];
      this.fields = { ...this.constructor.fields, hide: address.list(parts) };
      this.state = this.settle(address.read(this.name, this.fields, location.hash));
      this.status = make("p", { class: "live-says", role: "status" });
      this.takePlace();
      this.append(...this.build(), this.status, this.tools());
      this.refresh();
      this.watch();
    }

    // What a figure overrides -----------------------------------------------------------------

    // Return the elements of the figure; called once.
    build() {
      return [];
    }

    // Show `this.state`; called after every change of it, and of the theme.
    draw() {}

    // Return a state whose fields fit together.
    settle(state) {
      return state;
    }

    // What a figure calls -----------------------------------------------------------------------

    // Change some fields: shown, and kept in the address.
    set(changes) {
      this.state = this.settle({ ...this.state, ...changes });
      history.replaceState(null, "", address.write(this.name, this.fields, this.state));
      this.refresh();
    }

    // Return a text in the language of the page, with {name} replaced by values.name.
    word(key, values = {}) {
      const language = document.documentElement.lang.split("-")[0];
      const found = [language, "en"]
        .flatMap((code) => [tables[code]?.[this.name], tables[code]?.base])
        .find((table) => table && key in table);
      const text = found ? found[key] : key;
      return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    }

    // Say in words what is to be seen; screen readers hear it, unless the figure runs by itself.
    say(text) {
      this.status.setAttribute("aria-live", this.step ? "off" : "polite");
      if (this.status.textContent !== text) this.status.textContent = text;
    }

    // Call `step` again and again, `pause` milliseconds apart, while the figure is on the screen;
    // until it returns false or `stop` is called.
    play(step, pause = 0) {
      Object.assign(this, { step, pause, last: performance.now() });
      this.refresh();
      this.tick();
    }

    stop() {
      this.step = null;
      this.refresh();
    }

    // True for readers who want nothing to move by itself: offer steps.
    get calm() {
      return CALM.matches;
    }

    // True where there is room for all: what is long can be folded on a phone.
    get roomy() {
      return matchMedia("(min-width: 45rem)").matches;
    }

    // Return a colour of the theme, for a canvas: this.colour("--live-blue").
    colour(name) {
      return getComputedStyle(this).getPropertyValue(name).trim();
    }

    // What the base does by itself --------------------------------------------------------------

    tick() {
      cancelAnimationFrame(this.frame);
      if (!this.step || !this.onScreen) return;
      this.frame = requestAnimationFrame((now) => {
        if (this.step && now - this.last >= this.pause) {
          this.last = now;
          if (this.step() === false) this.stop();
        }
        this.tick();
      });
    }

    // Stand where the chapter's picture stood, which stays for print and at the press of a button.
    takePlace() {
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", this.word("title"));
      const figure = document.getElementById(this.dataset.figure);
      this.picture = figure?.querySelector("picture, img");
      if (!this.picture) return;
      this.picture.classList.add("live-picture");
      this.picture.after(this);
    }

    tools() {
      const button = (key, onclick) =>
        make("button", { type: "button", onclick }, this.word(`tool.${key}`));
      const all = [
        button("again", () => this.startAgain()),
        button("copy", (event) => this.copyAddress(event.target)),
      ];
      if (this.picture) {
        const turn = (event) => {
          const seen = this.picture.classList.toggle("live-seen");
          event.target.setAttribute("aria-pressed", seen);
        };
        all.push(button("picture", turn));
        all[2].setAttribute("aria-pressed", "false");
      }
      if (this.dataset.page) {
        all.push(make("a", { href: this.dataset.page }, this.word("tool.own")));
      }
      return make("div", { class: "live-tools", "data-part": "tools" }, ...all);
    }

    startAgain() {
      this.step = null;
      const { hide } = this.state;
      const first = address.read(this.name, this.fields, "");
      this.set({ ...first, hide });
    }

    async copyAddress(button) {
      const hash = address.write(this.name, this.fields, this.state);
      const link = new URL(hash, location.href).href;
      try {
        await navigator.clipboard.writeText(link);
        button.textContent = this.word("tool.copied");
      } catch {
        location.hash = hash; // a browser that refuses: the reader copies from the address bar
        button.textContent = this.word("tool.inAddress");
      }
    }

    refresh() {
      this.draw();
      for (const part of this.querySelectorAll("[data-part]")) {
        part.classList.toggle("live-hidden", this.state.hide.includes(part.dataset.part));
      }
    }

    watch() {
      new IntersectionObserver(([{ isIntersecting }]) => {
        this.onScreen = isIntersecting;
        this.tick();
      }).observe(this);
      const theme = { attributes: true, attributeFilter: ["data-theme"] };
      new MutationObserver(() => this.refresh()).observe(document.documentElement, theme);
      CALM.addEventListener("change", () => this.stop());
      addEventListener("hashchange", () => this.follow());
      this.follow();
    }

    // Take over an address that names this figure, and show it.
    follow() {
      if (location.hash.slice(1).split("&")[0] !== this.name) return;
      this.state = this.settle(address.read(this.name, this.fields, location.hash));
      this.refresh();
      this.scrollIntoView({ block: "nearest" });
    }
  }

  const define = (name, figure) => customElements.define(`living-${name}`, figure);

  return { Figure, define, make, svg, shown, addWords };
})();

live.addWords("en", "base", {
  "tool.again": "Start again",
  "tool.copy": "Copy link",
  "tool.copied": "Copied",
  "tool.inAddress": "It is in the address bar",
  "tool.picture": "The book's picture",
  "tool.own": "On a page of its own",
  back: "Back",
  next: "Next",
  play: "Play",
  pause: "Pause",
  step: "Step",
});
