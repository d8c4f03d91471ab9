// A review, and the exact share of each of its words in what two networks answer: an average of
// words, which cannot see that "not" turns "great", and a sum of words and pairs, which can.
{
  const { make, shown } = live;
  // At most 250 words, and 499 entries: the chapter cuts reviews at 256 and 512, so none is cut.
  const LONGEST = 500;
  const NETS = ["average", "pairs"];
  // Ours, and what we mean by them: true where it is praise.
  const EXAMPLES = [
    ["The story is not great.", false],
    ["The story is great.", true],
    ["The acting is not good, the music is not good, and the end is not good.", false],
    ["This is not a good film.", false],
    ["It is not bad, and not a waste of time.", true],
    ["You will not be disappointed.", true],
    ["It is not to be missed.", true],
    ["It starts as a triumph and ends as a failure.", false],
    ["It starts as a failure and ends as a triumph.", true],
    ["Oh sure, brilliant, and pigs can fly.", false],
    ["Nobody could call the story dull.", true],
    ["A mellifluous zyzzyva of a film.", true],
  ];
  const rounded = (value) => shown(Number(value.toFixed(3)));
  const signed = (value) => (value < 0 ? "" : "+") + rounded(value);
  const term = (value) => signed(value).replace(/^./, "$& ");

  class WhichWords extends live.Figure {
    static fields = {
      at: address.whole(0, 0, EXAMPLES.length - 1),
      // null: the example
      text: { ...address.text(null, LONGEST), write: (text) => text ?? "" },
    };
    static parts = ["text", "walk", "pairs", "sums"];

    get text() {
      return this.state.text ?? this.examples[this.state.at][0];
    }

    // Another example takes the place of what was typed.
    set(changes) {
      super.set("at" in changes ? { text: null, ...changes } : changes);
    }

    build() {
      const [words, pairs] = ["imdb-words", "imdb-pairs"].map((name) =>
        wordShares.network(arrays.of(name)),
      );
      this.average = (text) => wordShares.average(words, text);
      this.pairs = (text) => wordShares.pairs(pairs, text);
      this.examples = this.ordered();
      this.not = words.worth[words.index.get("not") ?? 1];
      const oninput = () => this.set({ text: this.field.value });
      this.field = make("textarea", { rows: 3, cols: 60, maxlength: LONGEST, oninput });
      const label = make("label", { class: "play-text", "data-part": "text" });
      label.append(this.word("text"), this.field);
      const said = () => this.text;
      this.walk = controls.walk(this, "at", () => EXAMPLES.length, { pause: 4000, said });
      this.rows = Object.fromEntries(NETS.map((net) => [net, this.row(net)]));
      this.notes = make("div", { class: "words-notes" });
      const rows = NETS.map((net) => this.rows[net].element);
      return [label, this.walk.element, ...rows, this.notes];
    }

    // First come the examples that the average reads wrongly and the pairs rightly: which they are
    // hangs on what the chapter trained.
    ordered() {
      const right = (net, [text, meant]) => this[net](text).probability > 0.5 === meant;
      const teaches = (example) => !right("average", example) && right("pairs", example);
      const others = EXAMPLES.filter((example) => !teaches(example));
      return [...EXAMPLES.filter(teaches), ...others];
    }

    // What is shown of one network: its answer, the marks, the share of one, and the sum.
    row(net) {
      const name = this.word(net);
      const [head, share, sum] = ["words-head", "words-share", "words-sum"].map((kind) =>
        make("p", { class: kind }),
      );
      sum.dataset.part = "sums";
      const marks = controls.row({ class: "words-marks", "aria-label": this.word("marks", { net: name }) });
      const about = { class: "words-net", "data-part": net === "pairs" ? net : "" };
      return { element: make("div", about, head, marks, share, sum), head, marks, share, sum };
    }

    draw() {
      this.walk.update();
      if (this.field.value !== this.text) this.field.value = this.text;
      this.found = { average: this.average(this.text), pairs: this.pairs(this.text) };
      for (const net of NETS) this.showNet(net, this.rows[net], this.found[net]);
      this.notes.replaceChildren(...this.noted());
      this.tell();
    }

    // What we mean, if we wrote the text.
    get meant() {
      return this.state.text === null ? this.examples[this.state.at][1] : null;
    }

    verdict(net) {
      return this.word(this.found[net].probability > 0.5 === this.meant ? "right" : "wrong");
    }

    percent({ probability }) {
      return shown(100 * probability, 3);
    }

    showNet(net, { head, marks, share, sum }, found) {
      const percent = this.percent(found);
      const key = this.meant === null ? "head" : "headMeant";
      const answer = this.word(key, { percent, verdict: this.verdict(net) });
      head.replaceChildren(make("strong", {}, this.word(net)), ` ${answer}`);
      const most = Math.max(...found.parts.map((part) => Math.abs(part.share)), 1e-9);
      const made = found.parts.map((part) => this.mark(net, part, most));
      marks.replaceChildren(...made);
      const shares = found.parts.map((part) => term(part.share)).join(" ");
      const sums = [found.bias, found.logit, found.probability].map(rounded);
      const [bias, logit, probability] = sums;
      sum.textContent = this.word("sum", { bias, shares, logit, probability });
      const first = found.parts.findIndex((part) => Math.abs(part.share) === most);
      if (first >= 0) this.light(net, made[first], found.parts[first]);
      else share.textContent = this.word("nothing");
    }

    mark(net, part, most) {
      const { word, share, known = true } = part;
      const number = signed(share);
      const label = this.word(known ? "mark" : "markUnknown", { word, share: number });
      const see = (event) => this.light(net, event.currentTarget, part);
      const about = { type: "button", onfocus: see, onclick: see, onpointerenter: see };
      const kind = `${share < 0 ? "against" : "for"}${known ? "" : " unknown"}`;
      const style = `--part: ${Math.round((100 * Math.abs(share)) / most)}%`;
      const button = make("button", { ...about, class: kind, style, "aria-label": label });
      button.append(word, make("small", {}, number));
      return button;
    }

    // Write out the share of one mark.
    light(net, button, { word, worth, share, known = true }) {
      const { marks, share: line } = this.rows[net];
      for (const one of marks.children) one.tabIndex = one === button ? 0 : -1;
      const scale = shown(this.found[net].scale, 3);
      const key = `${net}${known ? "Share" : "Unknown"}`;
      const values = { word, worth: shown(worth, 3), scale, share: signed(share) };
      line.textContent = this.word(key, values);
    }

    noted() {
      const lone = this.found.average.parts.filter(({ known }) => !known);
      const words = [...new Set(lone.map(({ word }) => word))].join(", ");
      const lines = [words ? this.word("unknown", { words }) : this.word("noneUnknown")];
      const left = wordShares.without(this.text, "not");
      if (left !== this.text) {
        const [average, pairs] = NETS.map((net) => this.percent(this[net](left)));
        const worth = shown(this.not, 3);
        lines.unshift(this.word("without", { average, pairs, worth }));
      }
      return lines.map((line) => make("p", {}, line));
    }

    tell() {
      const [average, pairs] = NETS.map((net) => this.percent(this.found[net]));
      if (this.meant === null) return this.say(this.word("says", { average, pairs }));
      const meant = this.word(this.meant ? "positive" : "negative");
      const [averageVerdict, pairsVerdict] = NETS.map((net) => this.verdict(net));
      const values = { meant, average, pairs, averageVerdict, pairsVerdict };
      return this.say(this.word("saysExample", values));
    }
  }

  live.define("which-words", WhichWords);
}
