// Draw a digit, or take one that is hard: see it scaled and centred, read, and every sum in between.
{
  const { make, shown } = live;
  const NETS = Object.keys(digitNet.STAGES);
  const CHANGES = {
    centre: [0, 1, 0.05],
    right: [-8, 8, 1],
    down: [-8, 8, 1],
    turn: [-180, 180, 5],
    thick: [-2, 2, 0.25],
    noise: [0, 1, 0.05],
  };
  const STILL = { centre: 1, right: 0, down: 0, turn: 0, thick: 0, noise: 0, mirror: false };
  const GLIDE = 25; // pictures from the pad to the middle
  const SLICE = 12; // milliseconds of reading in a frame
  const ranged = ([key, [least, most, step]]) => {
    const field = step === 1 ? address.whole : address.number;
    return [key, field(STILL[key], least, most)];
  };

  class DrawADigit extends live.Figure {
    static fields = {
      net: address.choice("lenet5", NETS),
      pick: address.whole(0, 0, 999),
      ink: { otherwise: [], read: digitInk.fromText, write: digitInk.toText },
      ...Object.fromEntries(Object.entries(CHANGES).map(ranged)),
      mirror: address.flag(),
      cover: address.flag(),
      stage: address.text("C1", 9),
      map: address.whole(1, 1, 999),
      at: address.whole(406, 0, 999), // the middle of C1
      via: address.whole(1, 1, 999),
    };
    static parts = ["net", "digits", "pad", "classes", "changes", "cover", "maps", "walk", "sum"];

    settle(state) {
      this.tables ??= Object.fromEntries(NETS.map((name) => [name, arrays.of(name)]));
      this.nets ??= Object.fromEntries(NETS.map((name) => [name, digitNet.network(name, this.tables[name])]));
      this.pictures ??= this.collected();
      this.stages = this.nets[state.net];
      this.stage = this.stages.find(({ name }) => name === state.stage) ?? this.stages[0];
      this.sheet = DigitMaps.sheet(this.stage);
      const fitting = {
        stage: this.stage.name,
        pick: Math.min(state.pick, this.pictures.length - 1),
        map: Math.min(state.map, this.sheet.maps),
        at: state.at < this.sheet.cells ? state.at : DigitMaps.middle(this.sheet),
        via: Math.min(state.via, this.stage.below[2]),
      };
      return { ...state, ...fitting };
    }

    // The digits that chapters show, none of them twice.
    collected() {
      const all = NETS.filter((name) => this.tables[name].pictures).flatMap((name) => {
        const { pictures, labels } = this.tables[name];
        return [...labels.values].map((label, n) => {
          const picture = Float64Array.from(
            pictures.values.slice(784 * n, 784 * (n + 1)),
            (grey) => grey / 255,
          );
          return [picture.join(), { label, picture }];
        });
      });
      return [...new Map(all).values()];
    }

    build() {
      this.pad = new DigitPad(this);
      this.maps = new DigitMaps(this);
      this.sum = new DigitSum(this);
      this.panel = new DigitPanel(this);
      const { panel, pad, maps, sum } = this;
      const looked = make("div", { class: "digit-row" }, maps.large.element, sum.element);
      this.inside = this.folded("sum", panel.looking, looked);
      return [
        panel.top,
        panel.digits,
        make("div", { class: "digit-row" }, pad.element, panel.seen, panel.classes),
        panel.cover,
        this.folded("changes", panel.changes),
        this.folded("maps", maps.element),
        this.inside,
      ];
    }

    // On a phone folded, unless a link led to the figure.
    folded(part, ...content) {
      const open = this.roomy || location.hash.startsWith(`#${this.name}&`);
      return controls.folded(this, part, { "data-part": part, open }, ...content);
    }

    // Look at a value that was tapped.
    look(changes) {
      this.inside.open = true;
      this.set(changes);
    }

    // Which of the digits are read wrong is found when the figure is first seen, a few in a frame.
    wait() {
      this.setAttribute("aria-busy", "true");
      if (!this.step) this.play(() => this.rank());
    }

    rank() {
      this.unread ??= this.pictures.flatMap((one) => NETS.map((name) => [name, one]));
      for (const end = performance.now() + SLICE; this.unread.length && performance.now() < end;) {
        const [name, one] = this.unread.pop();
        const { out } = digitNet.forward(this.nets[name], one.picture).at(-1);
        one[name] = { read: out.indexOf(Math.max(...out)), right: out[one.label] };
      }
      if (this.unread.length) return true;
      const [first] = NETS;
      this.pictures.sort((a, b) => a[first].right - b[first].right);
      this.ranked = true;
      this.setAttribute("aria-busy", "false");
      return false;
    }

    draw() {
      if (!this.ranked) return this.wait();
      if (!this.step) this.share = undefined; // no longer gliding
      const { state, stages } = this;
      const { strokes } = this.pad;
      const ink = digitInk.raster(strokes);
      const found = digitInk.measured(ink);
      this.picked = found ? null : this.pictures[state.pick];
      const share = this.share ?? state.centre;
      const plain = found ? digitInk.placed(ink, digitInk.framed(found, share)) : this.picked.picture;
      this.input = digitInk.changed(plain, state);
      this.results = digitNet.forward(stages, this.input);
      if (this.built !== stages) this.maps.rebuild(stages);
      this.built = stages;
      const colours = digitPictures.palette(this);
      this.pad.show(ink, found, colours);
      this.panel.show(colours);
      this.maps.show(stages, this.results, colours);
      this.sum.show(stages, this.results, this.input);
      if (!this.pad.stroke) this.say(this.told()); // while one draws, the pad tells
    }

    // Another drawing: it is seen on its way to the middle, by who wants movement.
    redraw(ink) {
      this.stop();
      this.set({ ink });
      if (this.calm || !ink.length || this.state.centre !== 1) return;
      this.share = 0;
      this.play(() => {
        this.share += 1 / GLIDE;
        if (this.share < 1) this.draw();
        return this.share < 1;
      });
    }

    // Where the value that is looked at lies among all of its stage.
    get flatPlace() {
      const { at, map } = this.state;
      return at * this.sheet.maps + map - 1;
    }

    // Look at a value below, by its place.
    lookBelow(place) {
      const below = this.stages[this.stages.indexOf(this.stage) - 1];
      const { maps } = DigitMaps.sheet(below);
      this.set({ stage: below.name, map: (place % maps) + 1, at: Math.floor(place / maps) });
    }

    // A map in words, by its number where there are several; a unit of a dense layer by its own.
    named({ name, out: [height, width, channels] }, map, unit) {
      const parts = [this.word(name)];
      if (height * width > 1 && channels > 1) parts.push(this.word("ofMap", { n: map }));
      if (height * width === 1 && unit !== undefined) parts.push(this.word("unit", { n: unit + 1 }));
      return parts.join(", ");
    }

    get place() {
      const { at } = this.state;
      const { width, flat } = this.sheet;
      if (flat) return this.stage.last ? this.word("class", { n: at }) : this.word("unit", { n: at + 1 });
      return this.word("cell", { row: Math.floor(at / width) + 1, column: (at % width) + 1 });
    }

    // The two likeliest classes: [class, probability] each.
    get answers() {
      const classes = Array.from(this.results.at(-1).out, (p, label) => [label, p]);
      return classes.sort((a, b) => b[1] - a[1]).slice(0, 2);
    }

    probability(p) {
      if (p < 0.0005) return this.word("under");
      return p > 0.9995 ? this.word("over") : p.toFixed(3);
    }

    told() {
      const [[first, p], [second, q]] = this.answers;
      const { label } = this.picked ?? {};
      const seen = this.picked
        ? this.word("seenDigit", { n: this.state.pick + 1, label })
        : this.word("seenDrawn");
      const says = this.word("says", { first, p: this.probability(p), second, q: this.probability(q) });
      const wrong = this.picked && label !== first ? this.word("wrong") : "";
      const value = shown(this.results[this.stages.indexOf(this.stage)].out[this.flatPlace]);
      const cell = { map: this.named(this.stage, this.state.map), place: this.place, value };
      return `${seen}${says}${wrong}${this.word("saysCell", cell)}`;
    }
  }

  Object.assign(DrawADigit, { CHANGES, STILL });
  live.define("draw-a-digit", DrawADigit);
}
