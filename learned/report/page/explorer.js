/* The explorer: the arithmetic of one pixel as `filt explain` does it, digit by digit, and the page
   around it. Needs the section of explorer.html.j2 above it; loads nothing, keeps nothing.
   For tests: window.filtExplorer = {state(), set({...}), result(), response(), printed(number)}. */
"use strict";
(() => {
  const DIGITS = 7;
  const LARGEST_PRINTED = 7;
  const NEGATIVE = [40, 100, 200];
  const POSITIVE = [230, 120, 20];

  /* Numbers. */

  /** The exact sum of finite numbers, rounded once, as Python's math.fsum (Shewchuk, 1997). */
  function exactSum(values) {
    const partials = [];
    for (const value of values) {
      let high = value;
      let kept = 0;
      for (const partial of partials) {
        const [large, small] =
          Math.abs(high) < Math.abs(partial) ? [partial, high] : [high, partial];
        high = large + small;
        const rest = small - (high - large);
        if (rest !== 0) partials[kept++] = rest;
      }
      partials.length = kept;
      if (high !== 0) partials.push(high);
    }
    let at = partials.length;
    if (at === 0) return 0;
    let total = partials[--at];
    let rest = 0;
    while (at > 0 && rest === 0) {
      const before = total;
      total = before + partials[--at];
      rest = partials[at] - (total - before);
    }
    // Half-way between two doubles, what is left below decides.
    if (at > 0 && rest !== 0 && Math.sign(rest) === Math.sign(partials[at - 1])) {
      const nudged = total + 2 * rest;
      if (nudged - total === 2 * rest) total = nudged;
    }
    return total;
  }

  function sum(products) {
    const flat = products.flat();
    return flat.every(Number.isFinite) ? exactSum(flat) : flat.reduce((a, b) => a + b, 0);
  }

  /** A number to so many significant digits, as Python's "%.7g"; − for minus. */
  function printed(value, digits = DIGITS) {
    if (value === 0) return "0";
    if (Number.isNaN(value)) return "nan";
    const sign = value < 0 ? "−" : "";
    if (!Number.isFinite(value)) return sign + "inf";
    const size = Math.abs(value);
    let [text, power] = size.toExponential(digits - 1).split("e");
    const exact = size.toExponential(60).split("e");
    const all = exact[0].replace(".", "");
    // toExponential rounds a tie up, Python rounds it to the even digit.
    if (/^50*$/.test(all.slice(digits)) && Number(all[digits - 1]) % 2 === 0) {
      [text, power] = [all.slice(0, digits), exact[1]];
    }
    const figures = text.replace(".", "").replace(/0+$/, "");
    const exponent = Number(power);
    if (exponent < -4 || exponent >= digits) {
      const fraction = figures.length > 1 ? "." + figures.slice(1) : "";
      const raised = String(Math.abs(exponent)).padStart(2, "0");
      return `${sign}${figures[0]}${fraction}e${exponent < 0 ? "−" : "+"}${raised}`;
    }
    if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
    const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, "0");
    const fraction = figures.slice(exponent + 1);
    return sign + whole + (fraction && "." + fraction);
  }

  /** A number in a table of many: so many decimals, or none where it is whole. */
  function rounded(value, decimals) {
    if (decimals > 9 || !Number.isFinite(value) || Number.isInteger(value)) return printed(value);
    return value.toFixed(decimals).replace("-", "−").replace(/^−(?=[0.]*$)/, "");
  }

  /** How many decimals show so many digits of a table's largest number. */
  const decimalsFor = (most, digits) =>
    most > 0 ? Math.max(0, digits - 1 - Math.floor(Math.log10(most))) : 0;

  /** The number that a text says (a fraction such as 1/9 too), or NaN. */
  function numberIn(text) {
    const parts = text.replace(/−/g, "-").split("/").map((part) => part.trim());
    if (parts.length > 2 || !parts.every((part) => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(part)))
      return NaN;
    const value = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
    return Number.isFinite(value) ? value + 0 : NaN;
  }

  const wholeIn = (text) => (/^\s*\d{1,6}\s*$/.test(text) ? Number(text) : NaN);

  /* The arithmetic. */

  /** Where a position of an axis is read from; -1 stands for a zero. */
  function beyond(position, length, border) {
    const folded = (period) => ((position % period) + period) % period;
    if (border === "replicate") return Math.min(Math.max(position, 0), length - 1);
    if (border === "wrap") return folded(length);
    if (border === "symmetric") {
      const at = folded(2 * length);
      return Math.min(at, 2 * length - 1 - at);
    }
    if (border === "reflect101") {
      if (length === 1) return 0;
      const at = folded(2 * length - 2);
      return Math.min(at, 2 * length - 2 - at);
    }
    return position >= 0 && position < length ? position : -1;
  }

  /** What a padding adds [before, after] along one axis, n pixels long, for f taps. */
  function paddingOf(mode, n, f, stride) {
    if (mode === "same") return [Math.floor(f / 2), Math.floor((f - 1) / 2)];
    if (mode === "full") return [f - 1, f - 1];
    if (mode === "valid") return [0, 0];
    const lacking = Math.max((Math.ceil(n / stride) - 1) * stride + f - n, 0);
    return [Math.floor(lacking / 2), lacking - Math.floor(lacking / 2)];
  }

  /** One axis of the output: its size, and the pixel on which its first window is centred. */
  function axisOf(mode, n, f, stride) {
    const [before, after] = paddingOf(mode, n, f, stride);
    const steps = n + before + after - f;
    const size = steps < 0 ? 0 : Math.floor(steps / stride) + 1;
    return { n, f, stride, before, after, steps, size, first: Math.floor(f / 2) - before };
  }

  /** The output's place for a pixel, or -1 where no stride lands on it. */
  function placeOf(axis, pixel) {
    const place = (pixel - axis.first) / axis.stride;
    return Number.isInteger(place) && place >= 0 && place < axis.size ? place : -1;
  }

  /** The pixel nearest to a position on which a stride lands; the nearest pixel if none does. */
  function landed(axis, position) {
    const least = Math.max(0, Math.ceil(-axis.first / axis.stride));
    const most = Math.min(axis.size - 1, Math.floor((axis.n - 1 - axis.first) / axis.stride));
    if (least > most) return Math.min(Math.max(Math.round(position), 0), axis.n - 1);
    const place = Math.round((position - axis.first) / axis.stride);
    return Math.min(Math.max(place, least), most) * axis.stride + axis.first;
  }

  const turned = (taps) => taps.map((line) => [...line].reverse()).reverse();

  function patchAt(photo, shape, x, y, border) {
    const [rows, columns] = shape;
    const from = (centre, taps, n) =>
      Array.from({ length: taps }, (_, i) => beyond(centre - Math.floor(taps / 2) + i, n, border));
    const across = from(x, columns, photo.width);
    return from(y, rows, photo.height).map((row) =>
      across.map((column) => (row < 0 || column < 0 ? 0 : photo.values[row * photo.width + column])),
    );
  }

  /** Products, sum and angle. A tap of zero does not look at its pixel, whatever that holds. */
  function laid(patch, taps) {
    const products = patch.map((line, i) =>
      line.map((pixel, j) => (taps[i][j] === 0 ? 0 : pixel * taps[i][j])),
    );
    const total = sum(products);
    const length = (table) => Math.sqrt(table.flat().reduce((all, value) => all + value * value, 0));
    const lengths = length(patch) * length(taps);
    const known = lengths > 0 && lengths < Infinity;
    const cosine = Math.max(-1, Math.min(1, total / lengths));
    return { taps, products, sum: total, angle: known ? (Math.acos(cosine) * 180) / Math.PI : null };
  }

  /** The whole output: {width, height, values}, or null where the kernel does not fit. */
  function responseOf(photo, taps, rows, columns, border) {
    if (rows.size < 1 || columns.size < 1) return null;
    const indices = (axis) =>
      Array.from({ length: axis.n + axis.before + axis.after }, (_, i) =>
        beyond(i - axis.before, axis.n, border),
      );
    const [down, across] = [indices(rows), indices(columns)];
    const padded = new Float64Array(down.length * across.length);
    down.forEach((row, i) =>
      across.forEach((column, j) => {
        const inside = row >= 0 && column >= 0;
        padded[i * across.length + j] = inside ? photo.values[row * photo.width + column] : 0;
      }),
    );
    const values = new Float64Array(rows.size * columns.size);
    taps.forEach((line, i) =>
      line.forEach((tap, j) => {
        if (tap === 0) return;
        for (let y = 0; y < rows.size; y++) {
          const start = (y * rows.stride + i) * across.length + j;
          for (let x = 0; x < columns.size; x++) {
            values[y * columns.size + x] += tap * padded[start + x * columns.stride];
          }
        }
      }),
    );
    return { width: columns.size, height: rows.size, values };
  }

  /** How `filt apply` shows what a kernel gives, unless told otherwise. */
  function showOf(taps) {
    const flat = taps.flat();
    const total = flat.reduce((a, b) => a + b, 0);
    const size = flat.reduce((a, b) => a + Math.abs(b), 0);
    if (Math.abs(total - 1) < 1e-6) return "clip";
    return Math.abs(total) <= 0.05 * size ? "abs" : "minmax";
  }

  /* Colours. */

  function diverging(value, scale) {
    const strength = Math.max(-1, Math.min(1, value / (scale || 1))) || 0;
    const end = strength < 0 ? NEGATIVE : POSITIVE;
    return end.map((part) => Math.round(255 + Math.abs(strength) * (part - 255)));
  }

  function inkOn(colour) {
    const light = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
    return luminance > 0.179 ? "#000" : "#fff";
  }

  const level = (value, white) => Math.round(Math.max(0, Math.min(1, value / white || 0)) * 255);

  const largest = (values) =>
    values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);

  /* The data and the state. */

  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const photo = { ...data.photo, values: decoded(data.photo) };
  const isWhole = photo.values.every(Number.isInteger);
  const original = ({ group, kernel } = state) => data.groups[group].kernels[kernel];
  const copied = (taps) => taps.map((line) => [...line]);

  function decoded({ samples, pixels, width, height }) {
    const bytes = Uint8Array.from(atob(pixels), (sign) => sign.charCodeAt(0));
    if (samples === "uint8") return Float64Array.from(bytes);
    const view = new DataView(bytes.buffer);
    const read =
      samples === "float32" ? (i) => view.getFloat32(4 * i, true) : (i) => view.getFloat64(8 * i, true);
    return Float64Array.from({ length: width * height }, (_, i) => read(i));
  }

  const state = {
    ...data.start,
    taps: copied(original(data.start).taps),
    operation: "correlation",
    stride: 1,
    padding: "same",
    border: "reflect101",
    drawn: "picture",
  };
  let isHeld = false;
  let response = null;

  const axes = ({ padding, taps, stride } = state) => ({
    rows: axisOf(padding, photo.height, taps.length, stride),
    columns: axisOf(padding, photo.width, taps[0].length, stride),
  });

  function explained() {
    const shape = [state.taps.length, state.taps[0].length];
    const patch = patchAt(photo, shape, state.x, state.y, state.border);
    return {
      patch,
      correlation: laid(patch, state.taps),
      convolution: laid(patch, turned(state.taps)),
    };
  }

  function respond() {
    const { rows, columns } = axes();
    const taps = state.operation === "correlation" ? state.taps : turned(state.taps);
    response = responseOf(photo, taps, rows, columns, state.border);
  }

  const isEdited = () => JSON.stringify(state.taps) !== JSON.stringify(original().taps);
  const titled = () => original().name + (isEdited() ? ", edited," : "");

  /** Changes the state; throws for what it cannot be. */
  function set(change) {
    const next = { ...change };
    const check = (rule, text) => {
      if (!rule) throw new RangeError(text);
    };
    const listed = (name, known) =>
      check(!(name in next) || known.includes(next[name]), `unknown ${name}: ${next[name]}`);
    listed("border", Object.keys(data.borders));
    listed("padding", data.paddings);
    listed("operation", ["correlation", "convolution"]);
    listed("drawn", ["picture", "signs"]);
    const within = (name, least, most) =>
      check(
        !(name in next) || (Number.isInteger(next[name]) && next[name] >= least && next[name] <= most),
        `${name} must be a whole number from ${least} to ${most}, got ${next[name]}`,
      );
    within("x", 0, photo.width - 1);
    within("y", 0, photo.height - 1);
    within("stride", 1, 999999);
    if ("kernel" in next) {
      const places = data.groups.flatMap((group, g) => group.kernels.map((k, n) => [k.name, g, n]));
      const found = places.find(([name]) => name === next.kernel);
      check(found, `unknown kernel: ${next.kernel}`);
      [, next.group, next.kernel] = found;
      next.taps ??= original(next).taps;
    }
    if ("taps" in next) {
      const width = next.taps[0]?.length;
      const regular = width && next.taps.every((line) => line.length === width);
      check(regular && next.taps.flat().every(Number.isFinite), "taps must be rows of finite numbers");
      next.taps = copied(next.taps);
    }
    become(next);
  }

  function become(next) {
    Object.assign(state, next);
    if (Object.keys(next).some((name) => !["x", "y", "drawn"].includes(name))) respond();
    draw();
  }

  /** What a reader chooses, and then on to a pixel on which a stride lands. */
  function choose(next) {
    const { rows, columns } = axes({ ...state, ...next });
    become({ ...next, x: landed(columns, state.x), y: landed(rows, state.y) });
  }

  function result() {
    const { rows, columns } = axes();
    const at = { x: placeOf(columns, state.x), y: placeOf(rows, state.y) };
    return {
      ...explained(),
      output: {
        width: columns.size,
        height: rows.size,
        at: at.x < 0 || at.y < 0 ? null : at,
        show: showOf(state.taps),
      },
    };
  }

  /* The page. */

  const $ = (name) => document.getElementById(`explorer-${name}`);
  const section = document.getElementById("explorer-root");
  const named = (name) => section.querySelector(`[data-explorer="${name}"]`);
  const canvasOf = (name) => $(name).querySelector("canvas");
  const seen = (name) => getComputedStyle(section).getPropertyValue(name).trim();

  /** Makes the cells of a table, where they are not of that shape yet. */
  function shaped(table, [rows, columns], anchored, editable) {
    const shape = `${rows},${columns}`;
    if (table.dataset.shape === shape) return;
    table.dataset.shape = shape;
    table.tBodies[0].replaceChildren(
      ...Array.from({ length: rows }, (_, i) => {
        const line = document.createElement("tr");
        for (let j = 0; j < columns; j++) {
          const cell = line.insertCell();
          if (anchored && i === rows >> 1 && j === columns >> 1) cell.className = "explorer-anchor";
          if (editable) cell.append(tapInput(i, j));
        }
        return line;
      }),
    );
  }

  function tapInput(i, j) {
    const input = document.createElement("input");
    Object.assign(input, { type: "text", inputMode: "text", autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", `tap in row ${i + 1}, column ${j + 1}`);
    input.addEventListener("input", () => {
      const value = numberIn(input.value);
      const isWrong = Number.isNaN(value);
      input.setAttribute("aria-invalid", isWrong);
      if (!isWrong) {
        const taps = copied(state.taps);
        taps[i][j] = value;
        set({ taps });
      }
      const kept = printed(state.taps[i][j]);
      sayTaps(isWrong ? `“${input.value}” is no number: the tap stays ${kept}.` : "");
    });
    input.addEventListener("blur", () => {
      input.removeAttribute("aria-invalid");
      sayTaps("");
      draw();
    });
    return input;
  }

  function sayTaps(text) {
    $("taps-say").textContent = text || "Type into a tap to change it.";
    $("taps-say").classList.toggle("explorer-wrong", text !== "");
  }

  /** How wide a number is, in figures. */
  const widthOf = (text) =>
    [...text].reduce((all, sign) => all + ({ ".": 0.5, "−": 1.25 }[sign] ?? 1), 0);

  /** Fills a table: its numbers, their colours, and columns that only ever get wider. */
  function filled(table, values, textOf, colourOf, { anchored, editable, expected = 0 } = {}) {
    const shape = [values.length, values[0].length];
    const about = `${state.group},${state.kernel},${shape}`;
    let width = table.dataset.about === about ? Number(table.dataset.width) : expected;
    table.dataset.about = about;
    shaped(table, shape, anchored, editable);
    values.forEach((line, i) =>
      line.forEach((value, j) => {
        const cell = table.rows[i].cells[j];
        const text = textOf(value);
        const colour = colourOf(value);
        cell.style.backgroundColor = `rgb(${colour})`;
        cell.style.color = inkOn(colour);
        const input = cell.firstElementChild;
        if (!editable) cell.textContent = text;
        else if (input !== document.activeElement) input.value = text;
        cell.title = text === printed(value, 17) ? "" : String(value);
        width = Math.max(width, widthOf(text));
      }),
    );
    table.dataset.width = width;
    table.style.setProperty("--explorer-digits", width);
  }

  function drawArithmetic(all) {
    const white = photo.full_scale;
    const side = Math.max(state.taps.length, state.taps[0].length);
    const flat = state.taps.flat();
    const tallest = largest(flat);
    const strongest = largest([...all.correlation.products, ...all.convolution.products].flat());
    const isLarge = side > LARGEST_PRINTED;
    const texts = (most, digits) => {
      const decimals = decimalsFor(most, digits);
      return isLarge ? (value) => rounded(value, decimals) : (value) => printed(value);
    };
    const pixelText = texts(white, 4);
    const tapText = texts(tallest, side > 9 ? 2 : 3);
    const productText = texts(white * tallest, 4);
    const widest = flat.map((tap) => widthOf(productText(-Math.abs(tap) * white)));
    $("sums").classList.toggle("explorer-broad", side > 5);
    $("sums").classList.toggle("explorer-dense", side > 9);
    $("rounded").hidden = !isLarge;
    filled(named("patch"), all.patch, pixelText, (value) => Array(3).fill(level(value, white)), {
      anchored: true,
      expected: widthOf(isWhole ? printed(white) : pixelText(white / 3)),
    });
    for (const way of ["correlation", "convolution"]) {
      const { taps, products, sum: total, angle } = all[way];
      filled(named(`${way}-taps`), taps, tapText, (tap) => diverging(tap, tallest), {
        editable: way === "correlation",
      });
      filled(
        named(`${way}-products`), products, productText, (value) => diverging(value, strongest),
        { expected: Math.max(...widest) },
      );
      named(`${way}-sum`).textContent = `sum ${printed(total)}`;
      const said = angle === null ? "undefined" : `${angle.toFixed(1)}°`;
      named(`${way}-angle`).textContent = `angle between patch and taps ${said}`;
    }
    $("reset").disabled = !isEdited();
  }

  /** Lays a mark over `width` by `height` pixels of a picture, at least 5 pixels of the screen. */
  function marked(mark, total, left, top, width, height) {
    const share = (part, whole) => `${(100 * part) / whole}%`;
    const side = (part, whole) => `max(${share(part, whole)}, 5px)`;
    Object.assign(mark.style, {
      width: side(width, total.width),
      height: side(height, total.height),
      left: share(left + width / 2, total.width),
      top: share(top + height / 2, total.height),
      transform: "translate(-50%, -50%)",
    });
  }

  function drawPhoto() {
    const [rows, columns] = [state.taps.length, state.taps[0].length];
    const [extent, patch] = $("photo").querySelectorAll(".explorer-mark");
    const around = closeUp();
    marked(extent, photo, around.left, around.top, around.side, around.side);
    marked(patch, photo, state.x - (columns >> 1), state.y - (rows >> 1), columns, rows);
    for (const axis of ["x", "y"]) {
      const input = $(axis);
      const isWrong = input === document.activeElement && input.getAttribute("aria-invalid") === "true";
      if (!isWrong && wholeIn(input.value) !== state[axis]) input.value = state[axis];
    }
    $("held").textContent = isHeld ? "Held: click again or press Escape to let go." : "";
  }

  function closeUp() {
    const longest = Math.max(state.taps.length, state.taps[0].length);
    const side = longest + Math.max(8, 2 * Math.round(longest / 4)) + ((longest + 1) % 2);
    return { side, left: state.x - (side >> 1), top: state.y - (side >> 1) };
  }

  function drawCloseUp() {
    const canvas = canvasOf("close");
    const { side, left, top } = closeUp();
    const cell = Math.max(8, Math.floor(560 / side));
    canvas.width = canvas.height = cell * side;
    const pen = canvas.getContext("2d");
    pen.fillStyle = seen("--paper");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const [y, x] = [top + i, left + j];
        const row = beyond(y, photo.height, state.border);
        const column = beyond(x, photo.width, state.border);
        const value = row < 0 || column < 0 ? 0 : photo.values[row * photo.width + column];
        pen.globalAlpha = row === y && column === x ? 1 : 0.4;
        pen.fillStyle = `rgb(${Array(3).fill(level(value, photo.full_scale))})`;
        pen.fillRect(j * cell, i * cell, cell, cell);
      }
    }
    pen.globalAlpha = 1;
    const [rows, columns] = [state.taps.length, state.taps[0].length];
    const box = (x, y, width, height, line, colour) => {
      pen.lineWidth = line;
      pen.strokeStyle = colour;
      pen.strokeRect((x - left) * cell, (y - top) * cell, width * cell, height * cell);
    };
    box(0, 0, photo.width, photo.height, 2, seen("--ink"));
    const patch = [state.x - (columns >> 1), state.y - (rows >> 1), columns, rows];
    box(...patch, 9, "#000");
    box(...patch, 5, "#fff");
    box(state.x, state.y, 1, 1, 5, "#000");
    box(state.x, state.y, 1, 1, 2.5, "#fff");
    const spills = patch[0] < 0 || patch[1] < 0 ||
      patch[0] + columns > photo.width || patch[1] + rows > photo.height;
    const sketch = data.borders[state.border].split(":")[0];
    $("close-says").replaceChildren(
      `The patch, ${rows}×${columns}, and what is around it.`,
      spills ? ` It reaches beyond the photo: ${state.border}, ` : "",
      Object.assign(document.createElement("span"), {
        className: "explorer-sketch",
        textContent: spills ? sketch : "",
      }),
    );
  }

  function drawOutput() {
    const canvas = canvasOf("output");
    const show = showOf(state.taps);
    const mark = $("output").querySelector(".explorer-mark");
    $("output").hidden = !response;
    if (!response) {
      $("output-says").textContent = "No output: the kernel does not fit into the photo.";
      return;
    }
    const { width, height, values } = response;
    canvas.width = width;
    canvas.height = height;
    fitted("output", width, height);
    const known = values.filter(Number.isFinite);
    const most = largest(known);
    const low = known.reduce((a, b) => Math.min(a, b), Infinity);
    const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
    const shown = {
      abs: (value) => level(Math.abs(value), photo.full_scale),
      clip: (value) => level(value, photo.full_scale),
      minmax: (value) => level(value - low, high - low),
    }[show];
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    values.forEach((value, i) => {
      const colour = state.drawn === "signs" ? diverging(value, most) : Array(3).fill(shown(value));
      image.data.set([...colour, 255], 4 * i);
    });
    pen.putImageData(image, 0, 0);
    const scale = state.drawn === "signs" ? printed(most, 4) : printed(photo.full_scale, 4);
    const words = {
      abs: `magnitude (abs), white at ${scale} and above`,
      clip: `clipped (clip) from black at 0 to white at ${scale}`,
      minmax: `stretched (minmax) from ${printed(low, 4)} to ${printed(high, 4)}`,
    }[show];
    const said = state.drawn === "signs" ? `blue below zero, orange above, full at ±${scale}` : words;
    $("output-says").textContent = `Output by ${state.operation}, ${width}×${height}: ${said}.`;
    canvas.setAttribute("aria-label", `Output by ${state.operation}, ${width} by ${height} pixels`);
    mark.hidden = true;
  }

  function drawStatement(all) {
    const { rows, columns } = axes();
    const at = { x: placeOf(columns, state.x), y: placeOf(rows, state.y) };
    const sums = [printed(all.correlation.sum), printed(all.convolution.sum)];
    const statement = $("statement");
    const strong = (text) => Object.assign(document.createElement("b"), { textContent: text });
    statement.replaceChildren(
      `${titled()} at ${state.x},${state.y}: sum `, strong(sums[0]), " by correlation, ",
      strong(sums[1]), " by convolution",
    );
    const lands = response && at.x >= 0 && at.y >= 0;
    const where = lands
      ? `output pixel ${at.x},${at.y}`
      : response ? "no window of the output is centred here" : "no output";
    $("setting").textContent =
      `stride ${state.stride}, padding ${state.padding}, border ${state.border}; ${where}`;
    const mark = $("output").querySelector(".explorer-mark");
    mark.hidden = !lands;
    if (lands) marked(mark, response, at.x, at.y, 1, 1);
    say(`sum ${sums[0]} by correlation, ${sums[1]} by convolution, at ${state.x},${state.y}`);
  }

  let pending = null;
  let toSay = "";
  let isFirst = true;

  /** Tells those who listen, at most once in 0.8 seconds, and what holds then. */
  function say(text) {
    toSay = text;
    if (isFirst || pending !== null) return;
    pending = setTimeout(() => {
      pending = null;
      if ($("said").textContent !== toSay) $("said").textContent = toSay;
    }, 800);
  }

  function drawSize() {
    const { rows, columns } = axes();
    const left = [];
    for (const [name, axis, what] of [["width", columns, "column"], ["height", rows, "row"]]) {
      const { n, f, before, after, stride, steps, size } = axis;
      const added = before === after ? `2·${before}` : `${before} + ${after}`;
      const filledIn = `⌊(${n} + ${added} − ${f}) / ${stride}⌋ + 1`;
      const floor = stride > 1 ? ` = ⌊${steps} / ${stride}⌋ + 1` : "";
      const missing = `${n} + ${added} − ${f} is below zero: no window fits`;
      $(`size-${name}`).textContent = steps < 0 ? missing : `${filledIn}${floor} = ${size}`;
      const rest = steps < 0 ? 0 : steps % stride;
      if (rest) left.push(rest > 1 ? `${rest} ${what}s` : what);
    }
    const says = [];
    const uneven = rows.before !== rows.after || columns.before !== columns.after;
    if (uneven) says.push("Where the two sides differ, what is added before stands first.");
    if (left.length) says.push(`No window reaches the last ${left.join(" and the last ")}.`);
    const isOdd = state.padding === "keras-same" && state.border !== "zero";
    if (isOdd) says.push("Keras itself pads with zeros.");
    $("size-says").textContent = says.join(" ");
  }

  function drawControls() {
    $("kernel").value = `${state.group},${state.kernel}`;
    for (const name of ["padding", "border", "operation", "drawn"]) $(name).value = state[name];
    if (wholeIn($("stride").value) !== state.stride && $("stride") !== document.activeElement)
      $("stride").value = state.stride;
    $("about").textContent = `${original().name}: ${original().meaning}`;
  }

  let drawnFor = null;

  function draw() {
    const all = explained();
    drawControls();
    drawPhoto();
    drawCloseUp();
    if (drawnFor?.response !== response || drawnFor.drawn !== state.drawn) {
      drawnFor = { response, drawn: state.drawn };
      drawOutput();
      drawSize();
    }
    drawStatement(all);
    drawArithmetic(all);
  }

  /** Gives a frame the shape of its picture, no higher than it may be. */
  function fitted(name, width, height) {
    $(name).style.aspectRatio = `${width} / ${height}`;
    $(name).style.maxWidth = `calc(27rem * ${width / height})`;
  }

  function pointed(name, pixelAt) {
    const frame = $(name);
    const move = (event) => {
      const box = frame.getBoundingClientRect();
      const { rows, columns } = axes();
      const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      const [x, y] = pixelAt(share, rows, columns);
      set({ x: landed(columns, x), y: landed(rows, y) });
    };
    const isMouse = (event) => event.pointerType === "mouse";
    frame.addEventListener("pointermove", (event) => {
      if (isMouse(event) ? !isHeld : event.buttons > 0) move(event);
    });
    frame.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      if (isMouse(event)) isHeld = !isHeld;
      else frame.setPointerCapture(event.pointerId);
      move(event);
    });
  }

  function letGo(event) {
    if (event.key !== "Escape" || !isHeld) return;
    isHeld = false;
    draw();
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function keyed(event) {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = state.stride * (event.shiftKey ? 10 : 1);
    const { rows, columns } = axes();
    set({ x: landed(columns, state.x + far * step[0]), y: landed(rows, state.y + far * step[1]) });
  }

  /** A text field for a whole number: a wrong one is marked and not used. */
  function numbered(name, least, most, use) {
    const input = $(name);
    input.addEventListener("input", () => {
      const value = wholeIn(input.value);
      const isRight = value >= least && value <= most;
      input.setAttribute("aria-invalid", !isRight);
      if (isRight) use(value);
    });
    input.addEventListener("blur", () => {
      input.removeAttribute("aria-invalid");
      input.value = state[name];
    });
  }

  function begin() {
    section.classList.add("explorer-ready");
    for (const part of section.querySelectorAll(".explorer-live")) part.hidden = false;
    const canvas = canvasOf("photo");
    [canvas.width, canvas.height] = [photo.width, photo.height];
    fitted("photo", photo.width, photo.height);
    fitted("close", 1, 1);
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(photo.width, photo.height);
    photo.values.forEach((value, i) => {
      image.data.set([...Array(3).fill(level(value, photo.full_scale)), 255], 4 * i);
    });
    pen.putImageData(image, 0, 0);

    pointed("photo", ([x, y]) => [x * photo.width - 0.5, y * photo.height - 0.5]);
    pointed("output", ([x, y], rows, columns) => [
      Math.floor(x * columns.size) * columns.stride + columns.first,
      Math.floor(y * rows.size) * rows.stride + rows.first,
    ]);
    $("photo").addEventListener("keydown", keyed);
    section.addEventListener("keydown", letGo);
    $("kernel").addEventListener("change", () => {
      const [group, kernel] = $("kernel").value.split(",").map(Number);
      sayTaps("");
      choose({ group, kernel, taps: copied(original({ group, kernel }).taps) });
    });
    for (const name of ["padding", "border", "operation", "drawn"]) {
      $(name).addEventListener("change", () => choose({ [name]: $(name).value }));
    }
    numbered("stride", 1, 999999, (stride) => choose({ stride }));
    numbered("x", 0, photo.width - 1, (x) => set({ x }));
    numbered("y", 0, photo.height - 1, (y) => set({ y }));
    $("reset").addEventListener("click", () => {
      set({ taps: original().taps });
      named("correlation-taps").querySelector("input").focus();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    sayTaps("");
    respond();
    draw();
    isFirst = false;
  }

  begin();
  window.filtExplorer = {
    state: () => ({ ...state, kernel: original().name, taps: copied(state.taps), held: isHeld }),
    set,
    result,
    response: () => response && { ...response, values: [...response.values] },
    printed,
  };
})();
