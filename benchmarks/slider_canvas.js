// The figure of notebook 05 on a canvas: drawn from arrays that the kernel sends or, where the model
// has the sliders' values, from what is computed here.

const DASHES = { "-": [], "--": [8, 4], "-.": [8, 3, 2, 3], ":": [2, 3] };
const nice = span => {
  const decade = 10 ** Math.floor(Math.log10(span));
  return decade * [0.1, 0.2, 0.5, 1, 2].find(s => span / (s * decade) <= 6);
};

function draw(canvas, shown) {
  const g = canvas.getContext("2d"), ratio = devicePixelRatio;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.fillStyle = "white";
  g.fillRect(0, 0, 840, 290);
  shown.panels.forEach((panel, i) => {
    const left = 50 + 420 * i, top = 30, w = 355, h = 170;
    const px = x => left + (x - panel.x[0]) / (panel.x[1] - panel.x[0]) * w;
    const py = y => top + h - (y - panel.y[0]) / (panel.y[1] - panel.y[0]) * h;
    g.font = "15px sans-serif"; g.fillStyle = "black"; g.textAlign = "center";
    g.fillText(panel.title, left + w / 2, 20);
    g.font = "14px sans-serif";
    g.fillText(panel.xlabel, left + w / 2, top + h + 38);
    g.lineWidth = 1; g.strokeStyle = "#dddddd"; g.setLineDash([]);
    const tick = ([low, high], put) => {
      const step = nice(high - low);
      for (let v = Math.ceil(low / step) * step; v <= high; v += step) put(v, +v.toPrecision(6));
    };
    const rule = (x0, y0, x1, y1) => {
      g.beginPath(); g.moveTo(x0, y0); g.lineTo(x1, y1); g.stroke();
    };
    tick(panel.x, (v, text) => {
      rule(px(v), top, px(v), top + h); g.fillText(text, px(v), top + h + 18);
    });
    g.textAlign = "right";
    tick(panel.y, (v, text) => {
      rule(left, py(v), left + w, py(v)); g.fillText(text, left - 6, py(v) + 5);
    });
    g.strokeStyle = "#767676"; rule(left, py(0), left + w, py(0));
    g.strokeStyle = "black"; rule(left, top, left, top + h); rule(left, top + h, left + w, top + h);
    g.save(); g.beginPath(); g.rect(left, top, w, h); g.clip();
    for (const c of panel.curves) {
      g.strokeStyle = g.fillStyle = c.color; g.lineWidth = 2;
      if (c.line) {
        g.setLineDash(DASHES[c.line]); g.beginPath();
        c.x.forEach((x, j) => g.lineTo(px(x), py(c.y[j]))); g.stroke(); g.setLineDash([]);
      }
      if (c.marker) c.x.forEach((x, j) => {
        g.beginPath(); g.arc(px(x), py(c.y[j]), 0.7 * c.size, 0, 7);
        if (c.hollow) g.stroke(); else g.fill();
      });
    }
    g.restore();
    g.fillStyle = "black"; g.font = "16px sans-serif"; g.textAlign = "right";
    g.fillText(panel.note, left + w - 8, top + 20);
  });
  g.font = "14px sans-serif"; g.textAlign = "left"; g.lineWidth = 2;
  shown.panels.flatMap(p => p.curves).filter(c => c.label).forEach((c, i) => {
    g.strokeStyle = c.color; g.setLineDash(DASHES[c.line]); g.beginPath();
    g.moveTo(150 + 150 * i, 276); g.lineTo(180 + 150 * i, 276); g.stroke();
    g.fillStyle = "black"; g.fillText(c.label, 188 + 150 * i, 281);
  });
}

function place(el) {
  const canvas = document.createElement("canvas");
  canvas.width = 840 * devicePixelRatio; canvas.height = 290 * devicePixelRatio;
  canvas.style.width = "840px"; canvas.style.height = "290px";
  el.append(canvas);
  return canvas;
}

const settle = (W_h, drive) => {
  let before = 0, h = 0;
  for (let i = 0; i < 10000; i++) {
    [before, h] = [h, Math.tanh(W_h * h + drive)];
    if (h === before) break;
  }
  return Math.sqrt((1 - h * h) * (1 - before * before));
};
function compute(start, W_h, slope, T, k, drive) {
  const r = W_h * slope, steps = [...Array(T).keys()], log = Math.log10(Math.abs(r));
  k = Math.min(k, T - 1);
  const real = W_h * settle(W_h, drive), end = [20, 50, 100].find(e => T <= e);
  const power = (r, i) => Math.max(i * Math.log10(Math.abs(r)), -1e6);
  const left = steps.map(i => r ** i), logs = steps.map(i => i ? power(r, i) : 0);
  const honest = steps.map(i => real ** i), honestLogs = steps.map(i => i ? power(real, i) : 0);
  const horizon = f => Math.min(Math.log10(f) / Math.min(log, 0), 1e6);
  const limits = [[-1.15, 1.6], [-0.9 * end, 0.4 * end]];
  const data = [
    [[steps, honest], [steps, left], [[k], [left[k]]]],
    [[steps, honestLogs], [steps, logs], [[k], [logs[k]]],
      ...[0.5, 0.01].map(f => [[horizon(f), horizon(f)], limits[1]])],
  ];
  const panels = start.panels.map((panel, i) => {
    const curves = panel.curves.map((c, j) => ({ ...c, x: data[i][j][0], y: data[i][j][1] }));
    const note = [`k = ${k}:  ${left[k].toPrecision(4)}`, `log10 = ${logs[k].toFixed(2)}`][i];
    return { ...panel, x: [-0.03 * end, end], y: limits[i], curves, note };
  });
  return { panels };
}

function render({ model, el }) {
  const canvas = place(el), names = ["W_h", "tanh_prime", "T", "k", "drive"];
  const alone = model.get("drive") !== undefined;
  const show = () => {
    const shown = model.get("shown");
    draw(canvas, alone ? compute(shown, ...names.map(name => model.get(name))) : shown);
  };
  for (const name of alone ? names : ["shown"]) model.on("change:" + name, show);
  show();
}

export default { render };
