// The playground: choose points, a network and how it learns; watch it train, from several seeds.
{
  const { shown } = live;
  const { REACH } = playgroundPictures;
  const [MOST, LEAST] = [5000, 10]; // epochs: at most, and of a slice
  const [SLICE, REST] = [14, 80]; // milliseconds: of training in a frame, between two pictures
  const HOW = ["layers", "units", "activation", "init", "loss", "optimizer", "rate", "batch", "l1", "l2", "dropout"];
  const POINTS = [-0.6, 0.5, 1, 0.6, 0.5, 1, 0, 0.7, 1, -0.3, 0.1, 0, 0.3, 0.1, 0, 0, -0.4, 0, 0.5, -0.5, 1, -0.5, -0.5, 1];
  const percent = (share) => shown(100 * share, 3);

  class Playground extends live.Figure {
    static fields = {
      data: address.choice("spiral", playgroundData.names),
      noise: address.number(0.04, 0, 0.5),
      layers: address.whole(3, 0, 8),
      units: address.whole(8, 1, 8),
      activation: address.choice("relu", Object.keys(activations.all)),
      init: address.choice("glorot", Object.keys(dense.initial)),
      loss: address.choice("binary_crossentropy", Object.keys(activations.losses)),
      optimizer: address.choice("adam", Object.keys(dense.steps)),
      rate: address.number(0.01, 0, 100),
      batch: address.whole(10, 1, 100),
      l1: address.number(0, 0, 1),
      l2: address.number(0, 0, 1),
      dropout: address.number(0, 0, 0.9),
      seed: address.whole(1, 0, 9999),
      runs: address.choice("3", ["1", "3", "6"]),
      at: address.whole(100, 0, MOST), // epochs
      px: address.number(0.3, -REACH, REACH),
      py: address.number(0.3, -REACH, REACH),
      tests: address.flag(),
      own: address.numbers(POINTS, 3 * playgroundData.FULL, -REACH, REACH),
    };
    static MOST = MOST;
    static percent = percent;
    static parts = ["preset", "settings", "data", "network", "training", "run", "net", "sizes", "own", "keras"];

    settle(state) {
      const how = Object.fromEntries(HOW.map((key) => [key, state[key]]));
      const key = JSON.stringify([how, state.data, state.noise, state.data === "own" && state.own]);
      if (key !== this.key) this.networks = new Map(); // trained ones, by seed
      Object.assign(this, { key, how });
      this.points = playgroundData.make(state.data, state.noise, state.own);
      return state;
    }

    // The networks side by side; a seed's numbers do not depend on which others are shown.
    get runs() {
      const { seed, runs } = this.state;
      return Array.from({ length: Number(runs) }, (_, n) => {
        const own = seed + n;
        const known = this.networks.get(own);
        const fits = known && known.epoch <= this.goal;
        if (!fits) this.networks.set(own, new PlaygroundTraining(this.how, this.points, own));
        return this.networks.get(own);
      });
    }

    get goal() {
      return this.running && !this.calm ? MOST : this.state.at;
    }

    get behind() {
      return this.runs.some(({ epoch }) => epoch < this.goal);
    }

    build() {
      this.looked = { l: 1, j: 0 };
      this.panel = new PlaygroundPanel(this);
      this.pictures = new PlaygroundViews(this);
      return [this.panel.settings, this.panel.transport, ...this.pictures.elements, this.panel.more];
    }

    draw() {
      if (this.step) return this.show();
      if (this.onScreen) this.slice(); // a step is shown at once
      this.setAttribute("aria-busy", String(this.behind && !this.running));
      if (this.behind) return this.play(() => this.advance());
      this.show();
    }

    // Some epochs of every network that has not got as far as the others shall.
    slice() {
      const end = performance.now() + SLICE;
      for (let count = 0; this.behind && (count < LEAST || performance.now() < end); count++) {
        const { runs } = this;
        const least = Math.min(...runs.map(({ epoch }) => epoch));
        for (const run of runs) if (run.epoch === least) run.train();
      }
    }

    advance() {
      this.slice();
      if (!this.behind) return this.halt();
      if (!this.calm && performance.now() - this.shownAt > REST) this.show();
      return true;
    }

    // The epoch that was reached goes into the address.
    halt() {
      const at = this.running ? this.runs[0].epoch : this.state.at;
      Object.assign(this, { running: false, step: null });
      this.set({ at });
      return false;
    }

    start() {
      this.running = true;
      if (!this.step) this.draw();
    }

    startAgain() {
      this.running = false;
      super.startAgain();
    }

    show() {
      const sizes = this.state.layers + 1;
      if (this.looked.l > sizes) this.looked = { l: sizes, j: 0 };
      if (this.looked.l === sizes) this.looked.j = 0;
      this.looked.j = Math.min(this.looked.j, this.looked.l ? this.state.units - 1 : 1);
      this.panel.update();
      this.pictures.update();
      this.tell();
      this.shownAt = performance.now();
    }

    tell() {
      if (this.calm && this.behind) return this.say(this.word("busy", { goal: this.goal }));
      const { runs } = this;
      const [{ seed, epoch, seen, fresh, curve }] = runs;
      const about = { at: epoch, seed, seen: percent(seen.right), fresh: percent(fresh.right) };
      const tested = runs.map((run) => run.fresh.right);
      const mean = tested.reduce((sum, one) => sum + one, 0) / tested.length;
      const range = { count: runs.length, mean: percent(mean), least: percent(Math.min(...tested)), most: percent(Math.max(...tested)) };
      const spread = runs.length > 1 ? this.word("spread", range) : "";
      const lost = this.points.train.length && !Number.isFinite(curve.at(-1).train);
      this.say(this.word("says", about) + spread + (lost ? this.word("overflow") : ""));
    }
  }

  live.define("playground", Playground);
}
