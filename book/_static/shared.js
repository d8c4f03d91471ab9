// What the scripts of the pages share.

function element(tag, about, ...children) {
  const made = Object.assign(document.createElement(tag), about);
  made.append(...children);
  return made;
}

// What the pages remember stays in this browser, under names that begin with the book's address.
// Where the browser refuses to keep anything, `works` is false and nothing is remembered.
const memory = (() => {
  const book = new URL(document.documentElement.dataset.content_root, location.href).pathname;
  const allowed = (action, otherwise) => {
    try {
      return action() ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const set = (name, value) =>
    allowed(() => localStorage.setItem(book + name, JSON.stringify(value)) ?? true, false);
  return {
    book,
    set,
    works: set("works", true),
    get: (name, otherwise) =>
      allowed(() => JSON.parse(localStorage.getItem(book + name)), otherwise),
    forget: (name = "") =>
      allowed(() => {
        const names = Object.keys(localStorage).filter((key) => key.startsWith(book + name));
        names.forEach((key) => localStorage.removeItem(key));
      }),
  };
})();
