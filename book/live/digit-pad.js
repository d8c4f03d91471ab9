// The pad of the figure: strokes by mouse, finger or keyboard, the box around them, and their
// centre of mass.
class DigitPad {
  constructor(figure) {
    const { make } = live;
    this.figure = figure;
    this.pen = [digitInk.GRID / 2, digitInk.GRID / 2];
    this.stroke = null; // what is being drawn: points
    const { canvas, over, element } = digitPictures.framed(this.about(), digitInk.GRID);
    Object.assign(this, { canvas, over, square: element });
    this.told = make("p", { class: "digit-told", role: "status" });
    this.leave = controls.button(figure, "takeBack", () => figure.redraw(figure.state.ink.slice(0, -1)));
    const clear = controls.button(figure, "clear", () => figure.redraw([]));
    const tools = make("div", { class: "live-controls" }, this.leave, clear);
    const heading = make("p", {}, figure.word("pad"));
    const about = { class: "digit-part", "data-part": "pad" };
    this.element = make("div", about, heading, this.square, tools, this.told);
  }

  about() {
    const on = (name) => (event) => this[name](event);
    const lift = on("lift");
    return {
      class: "digit-square digit-pad",
      tabindex: "0",
      role: "application",
      "aria-label": this.figure.word("padName"),
      onpointerdown: on("press"),
      onpointermove: on("move"),
      onpointerup: lift,
      onpointercancel: lift,
      onblur: lift,
      onkeydown: on("key"),
    };
  }

  // All strokes, the one that is being drawn last.
  get strokes() {
    const { ink } = this.figure.state;
    return this.stroke ? [...ink, this.stroke] : ink;
  }

  // Add a point, unless it is too near the last one to matter.
  add(point) {
    const last = this.stroke.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < 2) return;
    if (digitInk.count(this.strokes) >= digitInk.MOST) return this.tell("full");
    this.stroke.push(point);
  }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const along = (part) => digitInk.clamp(Math.floor(digitInk.GRID * part), 0, digitInk.GRID - 1);
    return [along((clientX - left) / width), along((clientY - top) / height)];
  }

  press(event) {
    if (event.button || this.pointer !== undefined) return; // a second finger draws nothing
    if (this.stroke) this.lift();
    this.pointer = event.pointerId;
    this.square.setPointerCapture(event.pointerId);
    this.begin(this.place(event));
  }

  begin(point) {
    this.stroke = [];
    this.pen = point;
    this.add(point);
    this.figure.refresh();
  }

  // A browser hands on the places of several moments at once; between them would be gaps.
  move(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.add((this.pen = this.place(one)));
    this.figure.refresh();
  }

  lift(event) {
    if (!this.stroke || (event?.pointerId ?? this.pointer) !== this.pointer) return;
    const ink = this.strokes.filter(({ length }) => length);
    Object.assign(this, { stroke: null, pointer: undefined });
    this.figure.redraw(ink);
  }

  key(event) {
    const { key, shiftKey } = event;
    const act = { " ": "turnPen", Enter: "turnPen", Delete: "erase", Backspace: "erase", Escape: "escape" }[
      key
    ];
    const by = controls.ARROWS[key];
    if (!act && !by) return;
    event.preventDefault();
    act ? this[act]() : this.go(by, shiftKey ? 8 : 2);
  }

  go([dx, dy], by) {
    const along = (at) => digitInk.clamp(at, 0, digitInk.GRID - 1);
    this.pen = [along(this.pen[0] + by * dx), along(this.pen[1] + by * dy)];
    this.tell(this.stroke ? "drawn" : "at");
    if (this.stroke) this.add(this.pen);
    this.figure.refresh();
  }

  turnPen() {
    this.tell(this.stroke ? "penUp" : "penDown");
    this.stroke ? this.lift() : this.begin(this.pen);
  }

  erase() {
    this.lift();
    const { ink } = this.figure.state;
    const left = digitInk.erased(ink, this.pen);
    const fewer = digitInk.count(left) < digitInk.count(ink);
    this.tell(fewer ? "erased" : "bare");
    if (fewer) this.figure.redraw(left);
  }

  escape() {
    this.lift();
    this.leave.focus();
  }

  tell(key) {
    this.told.textContent = this.figure.word(key, { x: this.pen[0] + 1, y: this.pen[1] + 1 });
  }

  // Show the ink, and how it will be scaled and centred.
  show(ink, found, colours) {
    digitPictures.paint(this.canvas, ink, digitInk.GRID, [colours.ink]);
    const marks = [];
    if (found) {
      const { top, left, bottom, right, x, y } = found;
      marks.push(digitPictures.box("box", [top, left, bottom, right]), digitPictures.cross(x, y, 3));
    }
    const [x, y] = this.pen.map((at) => at + 0.5);
    const down = this.stroke ? "pen down" : "pen";
    this.over.replaceChildren(...marks, live.svg("circle", { class: down, cx: x, cy: y, r: 3.5 }));
  }
}
