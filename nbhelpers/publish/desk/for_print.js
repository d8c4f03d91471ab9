// Makes a page of the book ready for paper: solutions and the answers of the quiz move to its end,
// and whatever another page refers to gets a name in the PDF, as Chromium names only what the page
// itself links to.
({ edition, wanted, style }) => {
  const make = (tag, ...children) => {
    const element = document.createElement(tag);
    element.append(...children);
    return element;
  };

  function copied(element) {
    const copy = element.cloneNode(true);
    for (const each of copy.querySelectorAll("[id]")) each.removeAttribute("id");
    return copy;
  }

  function answers(quiz) {
    const explained = [...quiz.querySelectorAll(".quiz-choice")].map((choice) => {
      const [text, why] = ["label", ".quiz-answer > :not(summary)"].map((s) =>
        copied(choice.querySelector(s)),
      );
      for (const input of text.querySelectorAll("input")) input.remove();
      return make("li", ...text.childNodes, " ", make("br"), ...why.childNodes);
    });
    const question = make("p", make("strong", ...copied(quiz.querySelector("legend")).childNodes));
    return make("div", question, make("ul", ...explained));
  }

  document.documentElement.dataset.edition = edition;
  const article = document.querySelector("main article");
  const last = [
    ...article.querySelectorAll(".solution"),
    ...[...article.querySelectorAll(".quiz")].map(answers),
  ];
  if (last.length) article.append(make("h2", "Solutions and answers"), ...last);
  for (const id of wanted) {
    const link = make("a");
    link.href = `#${id}`;
    link.hidden = true;
    article.append(link);
  }
  document.head.append(make("style", style));
  return document.fonts.ready.then(() => true);
};
