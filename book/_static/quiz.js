// Quizzes: choosing opens the explanation of the choice, and tries are remembered. Without this
// script the explanations open one by one.
(() => {
  const HERE = `quiz ${DOCUMENTATION_OPTIONS.pagename} `;

  class Quiz {
    constructor(box, changed) {
      this.choices = [...box.querySelectorAll(".quiz-choice")].map((choice) => ({
        right: "right" in choice.dataset,
        field: choice.querySelector("input"),
        answer: choice.querySelector("details"),
      }));
      this.key = HERE + box.dataset.key;
      this.changed = changed;
      this.status = element("p", { className: "quiz-status", role: "status" });
      if (this.choices[0].field.type === "radio") {
        box.addEventListener("change", () => this.take());
        box.addEventListener("keydown", (event) => this.move(event));
      } else {
        box.append(element("button", { type: "button", onclick: () => this.take() }, "Check"));
      }
      box.append(this.status);
      this.tries = memory.get(this.key, []);
      this.tries.forEach((chosen) => this.show(chosen));
    }

    take() {
      const chosen = [...this.choices.keys()].filter((i) => this.choices[i].field.checked);
      if (chosen.length) {
        this.tries.push(chosen);
        memory.set(this.key, this.tries);
        this.show(chosen);
        this.changed();
      } else this.status.textContent = "Choose at least one.";
    }

    // Arrow keys look at the choices; Space takes one. By themselves they would take each one passed.
    move(event) {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const at = this.choices.findIndex(({ field }) => field === event.target);
      if (!step || at < 0) return;
      event.preventDefault();
      this.choices.at((at + step) % this.choices.length).field.focus();
    }

    show(chosen) {
      this.choices.forEach(({ field, answer }, i) => {
        field.checked = chosen.includes(i);
        answer.open ||= field.checked;
      });
      this.status.textContent = this.verdict(chosen);
    }

    verdict(chosen) {
      if (this.isRight(chosen)) return "Right.";
      if (chosen.every((i) => this.choices[i].right)) return "Right so far, but not all of them.";
      return "Not right: the explanation below the choice says why.";
    }

    isRight(chosen) {
      return this.choices.every(({ right }, i) => right === chosen.includes(i));
    }

    startAgain() {
      this.tries = [];
      this.status.textContent = "";
      for (const { field, answer } of this.choices) field.checked = answer.open = false;
    }
  }

  function prepare() {
    const boxes = [...document.querySelectorAll("fieldset.quiz")];
    if (!boxes.length) return;
    const count = element("span", { className: "quiz-count" });
    const quizzes = boxes.map((box) => new Quiz(box, tell));
    function tell() {
      const right = quizzes.filter((quiz) => quiz.tries.length && quiz.isRight(quiz.tries[0]));
      count.textContent = `${right.length} of ${quizzes.length} right at first try`;
    }
    function startAgain() {
      memory.forget(HERE);
      for (const quiz of quizzes) quiz.startAgain();
      tell();
    }
    const again = element("button", { type: "button", onclick: startAgain }, "Start again");
    boxes.at(-1).after(element("p", { className: "quiz-score d-print-none" }, count, again));
    document.addEventListener("forgotten", startAgain);
    tell();
  }

  document.addEventListener("DOMContentLoaded", prepare);
})();
