// The maps of the figure: a picture each, and the one that is looked at, large enough to tap a cell.
class DigitMaps {
  static COLUMNS = 12; // of the units of a dense layer, which have no places

  // What is drawn of a stage: how many maps, cells a map, and cells in a row.
  static sheet({ out: [height, width, channels] }) {
    const flat = height * width === 1;
    return flat
      ? { maps: 1, cells: channels, width: Math.min(DigitMaps.COLUMNS, channels), flat }
      : { maps: channels, cells: height * width, width, flat };
  }

  // The cell that is looked at first.
  static middle({ cells, width, flat }) {
    return flat ? 0 : Math.floor(cells / 2 + width / 2);
  }

  // The values of a map in their order; `map` counts from 1.
  static values(values, { maps, cells }, map) {
    return Float64Array.from({ length: cells }, (_, at) => values[at * maps + map - 1]);
  }

  constructor(figure) {
    const { make } = live;
    this.figure = figure;
    const about = {
      class: "live-wide",
      role: "group",
      "aria-label": figure.word("maps"),
      onkeydown: (event) => this.key(event),
    };
    this.element = make("div", about);
    const onclick = (event) => this.figure.set({ at: this.cell(event, this.large.element, figure.sheet) });
    this.large = digitPictures.framed(
      { class: "digit-square digit-large", "data-part": "maps", role: "img", "aria-label": figure.word("maps"), onclick },
      28,
    );
  }

  rebuild(stages) {
    this.buttons = [];
    const rows = stages.map((stage) => {
      const sheet = DigitMaps.sheet(stage);
      const made = Array.from({ length: sheet.maps }, (_, k) => this.button(stage, sheet, k + 1));
      this.buttons.push(...made);
      const title = live.make("span", {}, this.figure.word(`stage.${stage.name}`));
      const pictures = live.make("div", {}, ...made.map(({ element }) => element));
      return live.make("div", { class: "digit-maps" }, title, pictures);
    });
    this.element.replaceChildren(...rows);
  }

  button(stage, sheet, map) {
    const canvas = live.make("canvas");
    canvas.style.width = `${Math.max(2 * sheet.width, 36)}px`;
    const onclick = (event) => {
      const at = event.detail ? { at: this.cell(event, canvas, sheet) } : {};
      this.figure.look({ stage: stage.name, map, ...at });
    };
    const name = this.figure.named(stage, map);
    const element = live.make("button", { type: "button", "aria-label": name, onclick }, canvas);
    return { stage, sheet, map, canvas, element };
  }

  // Which cell of a picture was tapped.
  cell({ clientX, clientY }, element, { cells, width }) {
    const box = element.getBoundingClientRect();
    const along = (part, count) => digitInk.clamp(Math.floor(count * part), 0, count - 1);
    const column = along((clientX - box.left) / box.width, width);
    const row = along((clientY - box.top) / box.height, Math.ceil(cells / width));
    return Math.min(row * width + column, cells - 1);
  }

  // Arrow keys go from cell to cell of a map, Page Up and Page Down from map to map.
  key(event) {
    const { figure, buttons } = this;
    const { at } = figure.state;
    const { width, cells } = figure.sheet;
    const pages = { PageDown: 1, PageUp: -1 }[event.key];
    const by = controls.ARROWS[event.key];
    if (!pages && !by) return;
    event.preventDefault();
    if (by) {
      const to = at + by[0] + by[1] * width;
      const sameRow = Math.floor(to / width) === Math.floor(at / width);
      if (to >= 0 && to < cells && (by[1] || sameRow)) figure.set({ at: to });
      return;
    }
    const next = buttons[buttons.findIndex((one) => this.looked(one)) + pages];
    if (next) figure.set({ stage: next.stage.name, map: next.map });
    buttons.find((one) => this.looked(one)).element.focus();
  }

  looked({ stage, map }) {
    return stage.name === this.figure.state.stage && map === this.figure.state.map;
  }

  show(stages, results, colours) {
    const tints = [colours.more, colours.less];
    const largest = results.map(({ out }) => out.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-9));
    for (const one of this.buttons) {
      const s = stages.indexOf(one.stage);
      const values = DigitMaps.values(results[s].out, one.sheet, one.map);
      this.paint(one.canvas, values, one.sheet.width, tints, largest[s]);
      const lit = this.looked(one);
      one.element.setAttribute("aria-pressed", String(lit));
      one.element.tabIndex = lit ? 0 : -1;
      if (lit) this.enlarge(values, one, tints, largest[s]);
    }
  }

  paint(canvas, values, width, tints, largest) {
    const whole = new Float64Array(width * Math.ceil(values.length / width));
    whole.set(values);
    digitPictures.paint(canvas, whole, width, tints, largest);
  }

  enlarge(values, { sheet: { width, cells } }, tints, largest) {
    const { canvas, over, element } = this.large;
    this.paint(canvas, values, width, tints, largest);
    const height = Math.ceil(cells / width);
    element.style.aspectRatio = `${width} / ${height}`;
    over.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const { at } = this.figure.state;
    const [row, column] = [Math.floor(at / width), at % width];
    over.replaceChildren(digitPictures.box("field", [row, column, row + 1, column + 1]));
    element.setAttribute("aria-label", this.figure.told());
  }
}
