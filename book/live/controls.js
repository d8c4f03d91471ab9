// Controls that several figures have: each is made for a figure and one of its fields, named by
// the figure's words, and shows the state by `update`.
const controls = (() => {
  const { make } = live;

  function labelled(figure, key, control, part) {
    return make("label", { "data-part": part }, figure.word(key), control);
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

  // A walk through `count()` steps: back, a slider, next, and play for who lets things move.
  // `said()` is what the slider stands for, where that is not the number of the step.
  function walk(figure, key, count, { part = "walk", pause = 700, next, said } = {}) {
    const go = (to) => figure.set({ [key]: (to + count()) % count() });
    const by = (step) => () => go(figure.state[key] + step);
    const on = next ?? by(1); // a figure may do more than count
    const oninput = () => go(Number(slider.value));
    const button = (word, onclick) =>
      make("button", { type: "button", onclick }, figure.word(word));
    const slider = make("input", { type: "range", min: 0, step: 1, oninput });
    const play = button("play", () => (figure.step ? figure.stop() : figure.play(on, pause)));
    slider.setAttribute("aria-label", figure.word("step"));
    const all = [button("back", by(-1)), slider, button("next", on), play];
    const element = make("div", { class: "live-controls", "data-part": part }, ...all);
    const update = () => {
      Object.assign(slider, { max: count() - 1, value: figure.state[key] });
      if (said) slider.setAttribute("aria-valuetext", said());
      play.textContent = figure.word(figure.step ? "pause" : "play");
      play.hidden = figure.calm;
    };
    return { element, update };
  }

  return { select, number, walk };
})();
