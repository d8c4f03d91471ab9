// Controls that several figures have: each is made for a figure and one of its fields, named by
// the figure's words, and shows the state by `update`.
const controls = (() => {
  const { make } = live;
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function labelled(figure, key, control, part) {
    return make("label", { "data-part": part }, figure.word(key), control);
  }

  function button(figure, key, onclick) {
    return make("button", { type: "button", onclick }, figure.word(key));
  }

  // A choice among values; its options are named by the words "key.value", or by the values.
  function select(figure, key, values, part, change = (value) => figure.set({ [key]: value })) {
    const named = (value) => {
      const word = figure.word(`${key}.${value}`);
      return word === `${key}.${value}` ? String(value) : word;
    };
    const options = values.map((value) => make("option", { value }, named(value)));
    const onchange = (event) => change(values[event.target.selectedIndex]);
    const control = make("select", { onchange }, ...options);
    const update = () => (control.selectedIndex = values.indexOf(figure.state[key]));
    return { element: labelled(figure, key, control, part), control, update };
  }

  // A field for a number; what is none, or beyond the field's bounds, is put back.
  function number(figure, key, part) {
    const onchange = () => {
      const value = figure.fields[key].read(control.value);
      value === undefined ? update() : figure.set({ [key]: value });
    };
    const control = make("input", { type: "text", inputmode: "decimal", size: 5, onchange });
    const update = () => (control.value = figure.state[key]);
    return { element: labelled(figure, key, control, part), control, update };
  }

  // A box to tick, its name behind it.
  function flag(figure, key, part) {
    const onchange = () => figure.set({ [key]: control.checked });
    const control = make("input", { type: "checkbox", onchange });
    const element = make("label", { "data-part": part }, control, figure.word(key));
    const update = () => (control.checked = figure.state[key]);
    return { element, control, update };
  }

  // A slider from `min` to `max`, with its number beside it.
  function range(figure, key, [min, max, step], part) {
    const oninput = () => figure.set({ [key]: Number(control.value) });
    const control = make("input", { type: "range", min, max, step, oninput });
    const output = make("output");
    const update = () => {
      control.value = figure.state[key];
      output.textContent = live.shown(figure.state[key]);
    };
    const element = labelled(figure, key, control, part);
    element.append(output);
    return { element, control, update };
  }

  // A row with one stop for Tab: arrow keys go along its children.
  function row(about) {
    const onkeydown = (event) => {
      const [x, y] = ARROWS[event.key] ?? [];
      const all = [...event.currentTarget.children];
      const to = all[all.indexOf(document.activeElement) + x + y];
      if (!to) return;
      event.preventDefault();
      to.focus();
    };
    return make("div", { ...about, role: "group", onkeydown });
  }

  // What unfolds below one of the figure's words.
  function folded(figure, word, about, ...content) {
    return make("details", about, make("summary", {}, figure.word(word)), ...content);
  }

  // A walk through `count()` steps: back, a slider, next, and play for who lets things move.
  // `said()` is what the slider stands for, where that is not the number of the step.
  function walk(figure, key, count, { part = "walk", pause = 700, next, said } = {}) {
    const go = (to) => figure.set({ [key]: (to + count()) % count() });
    const by = (step) => () => go(figure.state[key] + step);
    const on = next ?? by(1); // a figure may do more than count
    const oninput = () => go(Number(slider.value));
    const slider = make("input", { type: "range", min: 0, step: 1, oninput });
    const play = button(figure, "play", () => (figure.step ? figure.stop() : figure.play(on, pause)));
    slider.setAttribute("aria-label", figure.word("step"));
    const all = [button(figure, "back", by(-1)), slider, button(figure, "next", on), play];
    const element = make("div", { class: "live-controls", "data-part": part }, ...all);
    const update = () => {
      Object.assign(slider, { max: count() - 1, value: figure.state[key] });
      if (said) slider.setAttribute("aria-valuetext", said());
      play.textContent = figure.word(figure.step ? "pause" : "play");
      play.hidden = figure.calm;
    };
    return { element, update };
  }

  return { ARROWS, button, select, number, flag, range, row, folded, walk };
})();
