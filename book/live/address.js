// The state of a living figure in the address: #convolution-stepper&stride=2&hide=kernel
// The first part names the figure; each further one is a field with a type. What is unknown or
// makes no sense is passed over, so that any address shows a figure. No DOM in this file.
const address = (() => {
  // A field: what holds without an address, and how a value is read (undefined: it is none).
  const field = (otherwise, read, write = String) => ({ otherwise, read, write });
  const asNumber = (text) => (text.trim() === "" ? NaN : Number(text));

  function number(otherwise, least = -1e6, most = 1e6) {
    const fits = (value) => value >= least && value <= most;
    return field(otherwise, (text) => (fits(asNumber(text)) ? asNumber(text) : undefined));
  }

  function whole(otherwise, least, most) {
    const { read } = number(otherwise, least, most);
    return field(otherwise, (text) => (Number.isInteger(read(text)) ? read(text) : undefined));
  }

  function choice(otherwise, allowed) {
    return field(otherwise, (text) => (allowed.includes(text) ? text : undefined));
  }

  function flag(otherwise = false) {
    const values = { 0: false, 1: true };
    return field(otherwise, (text) => values[text], (value) => String(Number(value)));
  }

  // Up to `most` numbers, with commas between them.
  function numbers(otherwise, most, least = -1e6, largest = 1e6) {
    const one = number(0, least, largest);
    const read = (text) => {
      const found = text.split(",").map(one.read);
      return found.length <= most && !found.includes(undefined) ? found : undefined;
    };
    return field(otherwise, read, (value) => value.join(","));
  }

  function text(otherwise, longest) {
    return field(otherwise, (found) => found.slice(0, longest));
  }

  // Words with commas between them; those not allowed are passed over.
  function list(allowed, otherwise = []) {
    const read = (found) => found.split(",").filter((word) => allowed.includes(word));
    return field(otherwise, read, (value) => value.join(","));
  }

  function read(name, fields, hash) {
    const [first, ...rest] = hash.replace(/^#/, "").split("&");
    const given = new URLSearchParams(first === name ? rest.join("&") : "");
    const values = Object.entries(fields).map(([key, { otherwise, read: understood }]) => {
      const found = given.has(key) ? understood(given.get(key)) : undefined;
      return [key, found ?? otherwise];
    });
    return Object.fromEntries(values);
  }

  // Only what differs from what holds anyway: a short address says what is special.
  function write(name, fields, state) {
    const parts = Object.entries(fields)
      .map(([key, { otherwise, write: put }]) => [key, put(state[key]), put(otherwise)])
      .filter(([, now, without]) => now !== without)
      .map(([key, now]) => `${key}=${encodeURIComponent(now).replaceAll("%2C", ",")}`);
    return `#${[name, ...parts].join("&")}`;
  }

  return { number, whole, choice, flag, numbers, text, list, read, write };
})();
