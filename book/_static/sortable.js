// Tables of class "sortable": a button in each header cell sorts the rows by that column, by the
// cells' data-value where they have one. A header cell with data-filter gives a choice of rows.
(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  };

  function compare(a, b) {
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? a.localeCompare(b, "en", { numeric: true }) : difference;
  }

  function sort(table, column, head) {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => {
      const [a, b] = [value(one, column), value(other, column)];
      if (a === "" || b === "") return (a === "") - (b === ""); // empty cells stay at the end
      return ascending ? compare(a, b) : compare(b, a);
    });
    table.tBodies[0].append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  }

  function addFilter(table, column, name) {
    const rows = [...table.tBodies[0].rows];
    const select = document.createElement("select");
    select.append(new Option("all", ""));
    for (const each of new Set(rows.map((row) => value(row, column)))) select.append(new Option(each));
    select.addEventListener("change", () => {
      for (const row of rows) row.hidden = select.value !== "" && value(row, column) !== select.value;
    });
    const label = document.createElement("label");
    label.className = "table-filter";
    label.append(`${name}: `, select);
    (table.closest(".table-box") ?? table).before(label);
  }

  function prepare(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const name = head.textContent.trim();
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
      if ("filter" in head.dataset) addFilter(table, column, name);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table.sortable").forEach(prepare);
  });
})();
