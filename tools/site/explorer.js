// The live pictures of a page. Each was drawn beforehand (frames.py says which places exist): here
// a control looks up its frame. Nothing is fetched: an <img> and the JSON beside it also work from
// a folder. Without this script the controls stay hidden, and the first picture and its sentence
// stand there as any other.
'use strict';

const REST = 600; // ms at rest, after which the sentence is said aloud, not at every step of a drag
let unasked = 400; // kB of pictures that a page loads before anybody has touched it

for (const form of document.querySelectorAll('figure.explorer form')) enliven(form);

function enliven(form) {
  const figure = form.closest('figure'), image = figure.querySelector('img');
  const caption = figure.querySelector('.sentence'), said = figure.querySelector('.said');
  const problem = figure.querySelector('.problem');
  const data = JSON.parse(figure.querySelector('script').textContent);
  const { controls, groups, frames, pictures, sentences } = data;
  const address = picture => `frames/${pictures[picture][0]}`;
  const rows = [...form.querySelectorAll('[data-control]')];
  const start = controls.map(control => control.start);
  let state = [...start]; // of each control the place: a number in its values
  let held = false, resting = 0, player = null;

  let next = 1; // frames[0] is the start
  for (const group of groups) {
    group.first = next;
    next += group.places.reduce((count, places) => count * places.length, 1);
  }

  // What distances are taken in: the value of a slider, the number of a choice.
  const value = (c, place) => ('low' in controls[c] ? controls[c].values[place] : place);

  function nearest(c, wanted, places) {
    const far = place => Math.abs(value(c, place) - wanted);
    return places.reduce((best, place) => (far(place) < far(best) ? place : best));
  }

  // Between two places an arrow key would never leave the first one: on to the next.
  function onward(c, wanted, places, before) {
    const found = nearest(c, wanted, places), up = Math.sign(wanted - value(c, before));
    if (found !== before || !up) return found;
    return places[places.indexOf(found) + up] ?? found;
  }

  // The control goes to the place nearest to `wanted`. What is in a grid with it stays, the rest
  // goes back to its start.
  function move(c, wanted, step = false) {
    const mine = groups.filter(group => group.controls.includes(c)), before = state;
    const moved = i => i !== c && state[i] !== start[i];
    const grid = mine.find(group => group.controls.some(moved));
    const group = grid ?? mine.at(-1); // the last: alone, in the finest steps
    state = [...start];
    let index = 0;
    group.controls.forEach((i, n) => {
      const places = group.places[n], target = i === c ? wanted : value(i, before[i]);
      const on = i === c && step && places.includes(before[c]);
      state[i] = on ? onward(c, wanted, places, before[c]) : nearest(i, target, places);
      index = index * places.length + places.indexOf(state[i]);
    });
    show(frames[group.first + index]);
  }

  function show([picture, sentence, limited = {}]) {
    for (const [c, place] of Object.entries(limited)) state[c] = place;
    image.src = address(picture);
    image.alt = caption.textContent = sentences[sentence];
    problem.textContent = '';
    clearTimeout(resting);
    resting = setTimeout(() => (said.textContent = image.alt), REST);
    rows.forEach(sync);
  }

  function sync(row, c) {
    const [range, box] = row.querySelectorAll('input');
    if ('low' in controls[c]) range.value = box.value = value(c, state[c]);
    else row.querySelectorAll('input')[state[c]].checked = true;
  }

  function reset() {
    stop();
    state = [...start];
    show(frames[0]);
  }

  function stop() {
    if (!player) return;
    clearInterval(player.timer);
    player.button.setAttribute('aria-pressed', 'false');
    player = null;
  }

  function play(c, button) {
    const again = player?.button === button, { values, play: pause } = controls[c];
    stop();
    if (again) return;
    if (state[c] === values.length - 1) move(c, values[0]);
    button.setAttribute('aria-pressed', 'true');
    const timer = setInterval(() => {
      const before = state[c];
      if (before < values.length - 1) move(c, values[before + 1], true);
      if (state[c] === before) stop();
    }, pause);
    player = { button, timer };
  }

  function typed(c, box) {
    const wanted = Number(box.value.trim().replace(',', '.').replace('−', '-') || NaN);
    const { name, low, high } = controls[c];
    if (wanted >= low && wanted <= high) return move(c, wanted);
    sync(rows[c], c);
    problem.textContent = `${name} goes from ${low} to ${high}.`;
  }

  rows.forEach((row, c) => {
    const [range, box] = row.querySelectorAll('input');
    if ('low' in controls[c]) {
      range.addEventListener('pointerdown', () => (held = true));
      range.addEventListener('input', () => (stop(), move(c, Number(range.value), !held)));
      box.addEventListener('change', () => (stop(), typed(c, box)));
      const button = row.querySelector('button');
      button.addEventListener('click', () => play(c, button));
    } else {
      row.querySelectorAll('input').forEach((input, place) =>
        input.addEventListener('change', () => (stop(), move(c, place))));
    }
  });
  for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => (held = false));
  form.querySelector('.reset')?.addEventListener('click', reset);
  form.addEventListener('submit', event => event.preventDefault()); // Enter in a box
  for (const guess of form.querySelectorAll('.guess')) {
    const tell = ({ target }) =>
      (guess.querySelector('output').textContent = target.value && `You said: ${target.value}.`);
    guess.addEventListener('change', tell);
  }
  form.hidden = false;
  rows.forEach(sync); // a browser keeps what stood in a form when a page is loaded again

  // Frames are loaded when the figure comes near the screen, the smallest first, up to what a page
  // may load unasked; all of them as soon as somebody reaches for the controls.
  const waiting = pictures.map((_, picture) => picture), loaded = [];
  let asked = false, loading = false;
  async function load() {
    if (loading) return;
    loading = true;
    while (waiting.length && (asked || unasked > 0)) {
      const picture = waiting.shift(), file = new Image();
      unasked -= pictures[picture][1];
      loaded.push(file); // kept, so that the browser keeps it too
      await new Promise(done => {
        file.onload = file.onerror = done;
        file.src = address(picture);
      });
    }
    loading = false;
    figure.dataset.loaded = waiting.length ? 'some' : 'all';
  }
  const reach = () => ((asked = true), load());
  for (const how of ['pointerenter', 'pointerdown', 'focusin']) form.addEventListener(how, reach);
  new IntersectionObserver(([entry]) => entry.isIntersecting && load(), {
    rootMargin: '50%',
  }).observe(figure);
}
