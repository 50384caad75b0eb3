// Buttons on a phone change that phone alone; what happens elsewhere is heard and shown. Without this script every
// button loads the page again.
import { dress, undress } from './card.js';
import { cameras } from './camera.js';

const shown = new Map();
const phones = () => document.querySelectorAll('.phone[data-phone]');

function take(phone, html, follow) {
  const before = phone.querySelector('.screen');
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('.screen');
  if (!fresh) return;
  const same = before && before.dataset.view === fresh.dataset.view;
  const scrolled = before?.querySelector('.view')?.scrollTop ?? 0;
  const open = before?.querySelector('.tools')?.open;
  undress(phone);
  phone.replaceChildren(fresh);
  if (same) fresh.querySelector('.view').scrollTop = scrolled;
  if (same && open) fresh.querySelector('.tools').open = true;
  shown.set(phone.dataset.phone, Number(fresh.dataset.version));
  const slot = phone.closest('.slot');
  slot.querySelector('[data-owner]').textContent = fresh.dataset.name;
  slot.querySelector('[data-system]').textContent = fresh.dataset.is;
  prepare(phone);
  sound(fresh, before);
  if (follow && !same) {
    const first = fresh.querySelector('[aria-invalid]') ?? fresh.querySelector('h3');
    first?.focus({ preventScroll: true });
  } else if (follow) {
    fresh.querySelector('[aria-invalid]')?.focus();
  }
}

// A verdict is heard as well: two notes up, one long note, or two low ones.
const NOTES = { good: [[660, 0, 0.12], [880, 0.14, 0.2]], doubtful: [[440, 0, 0.45]], bad: [[220, 0, 0.18], [165, 0.22, 0.35]] };
let loudspeaker;
function sound(fresh, before) {
  const tone = fresh.querySelector('[data-verdict]')?.dataset.verdict;
  // Browsers play nothing before somebody has touched the page.
  if (!tone || before?.querySelector('[data-verdict]') || !navigator.userActivation?.hasBeenActive) return;
  loudspeaker ??= new AudioContext();
  for (const [pitch, from, length] of NOTES[tone]) {
    const note = loudspeaker.createOscillator();
    const volume = loudspeaker.createGain();
    const at = loudspeaker.currentTime + from;
    note.type = tone === 'bad' ? 'square' : 'sine';
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.linearRampToValueAtTime(0, at + length);
    note.connect(volume).connect(loudspeaker.destination);
    note.start(at);
    note.stop(at + length);
  }
}

async function look(phone) {
  const answer = await fetch(`/phones/${phone.dataset.phone}/screen`, { headers: { 'x-part': 'screen' } });
  if (answer.ok) take(phone, await answer.text(), false);
}

// Nothing is replaced under the fingers of somebody who types.
const busy = (phone) => {
  const at = phone.contains(document.activeElement) ? document.activeElement : null;
  return at && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && at.type !== 'file' && at.value !== '';
};

document.addEventListener('submit', async (event) => {
  const form = event.target;
  const sure = event.submitter?.dataset.sure;
  if (sure && !confirm(sure)) return event.preventDefault();
  const phone = form.closest('.phone[data-phone]');
  if (!phone || form.dataset.whole !== undefined) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const body = form.enctype === 'multipart/form-data' ? fields : new URLSearchParams(fields);
  phone.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(form.action, { method: 'POST', body, headers: { 'x-part': 'screen' } });
    if (answer.ok) take(phone, await answer.text(), true);
    else await look(phone);
  } catch {
    document.getElementById('said').textContent = document.body.dataset.lost;
  } finally {
    phone.removeAttribute('aria-busy');
  }
});

const heard = new EventSource('/events');
let wasLost = false;
heard.onmessage = ({ data }) => {
  const [number, version] = data.split(' ').map(Number);
  for (const phone of phones()) {
    const mine = number === 0 || Number(phone.dataset.phone) === number;
    if (mine && (number === 0 || version > (shown.get(phone.dataset.phone) ?? 0)) && !busy(phone)) look(phone);
  }
};
heard.onerror = () => { wasLost = true; document.getElementById('said').textContent = document.body.dataset.lost; };
heard.onopen = () => {
  document.getElementById('said').textContent = '';
  if (wasLost) for (const phone of phones()) look(phone);
  wasLost = false;
};

// Clocks run on from what the server said.
const warsaw = (options) => new Intl.DateTimeFormat('pl-PL', { timeZone: 'Europe/Warsaw', ...options });
const short = warsaw({ hour: '2-digit', minute: '2-digit' });
const long = warsaw({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: 'Europe/Warsaw', dateStyle: 'long', timeStyle: 'short' });
function tick() {
  for (const clock of document.querySelectorAll('time[data-now]')) {
    clock.began ??= performance.now();
    const at = new Date(Number(clock.dataset.now) + performance.now() - clock.began);
    const text = clock.id === 'desk-time' ? full.format(at) : clock.classList.contains('seconds') ? long.format(at) : short.format(at);
    if (clock.textContent !== text) clock.textContent = text;
  }
  // A card that begins or ends while it is shown is asked for again at that very second.
  for (const band of document.querySelectorAll('[data-turns]')) {
    const phone = band.closest('.phone');
    const clock = phone.querySelector('time[data-now]');
    const now = Number(clock.dataset.now) + performance.now() - (clock.began ?? performance.now());
    if (now >= Number(band.dataset.turns)) { delete band.dataset.turns; look(phone); }
  }
  for (const wait of document.querySelectorAll('[data-wait]')) {
    wait.until ??= performance.now() + Number(wait.dataset.wait) * 1000;
    const left = Math.ceil((wait.until - performance.now()) / 1000);
    if (left <= 0) { const phone = wait.closest('.phone'); wait.remove(); if (phone && !busy(phone)) look(phone); }
    else wait.textContent = wait.textContent.replace(/\d+/, left);
  }
}
setInterval(tick, 250);

// The check symbol of typed codes: Σ αⁱ·sᵢ = 0 in GF(32). A hint while typing; the phone decides.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const alpha = (x) => { const y = x << 1; return y & 32 ? y ^ 37 : y; };
function rightCode(text) {
  const symbols = [...text.toUpperCase().replace(/[\s-–—]/g, '')].map((c) => ALPHABET.indexOf({ O: '0', I: '1', L: '1' }[c] ?? c));
  if (symbols.length !== 12) return null;
  return !symbols.includes(-1) && symbols.reduce((sum, s) => alpha(sum) ^ s, 0) === 0;
}
document.addEventListener('input', ({ target }) => {
  if (target.dataset?.check !== 'typed') return;
  const answer = target.form.querySelector('[data-answer]');
  const right = target.value.includes('://') ? null : rightCode(target.value);
  answer.textContent = right === null ? '' : right ? target.dataset.ok : target.dataset.bad;
  answer.className = right === null ? 'hint' : right ? 'hint good' : 'hint bad';
});

// A picture may be dropped or pasted.
const give = (form, file) => {
  const input = form.querySelector('input[type=file]');
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  form.requestSubmit();
};
const picture = (items) => [...(items ?? [])].find((file) => file.type.startsWith('image/'));
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.('[data-drop]');
    if (!form) return;
    event.preventDefault();
    form.classList.toggle('over', name === 'dragover');
    const file = name === 'drop' && picture(event.dataTransfer.files);
    if (file) give(form, file);
  });
}
document.addEventListener('paste', (event) => {
  const file = picture(event.clipboardData?.files);
  const near = document.activeElement?.closest?.('.phone')?.querySelector('[data-drop]');
  const form = near ?? document.querySelector('[data-drop]');
  if (file && form) give(form, file);
});

// What can be copied gets a button to copy and one to save.
function copies(phone) {
  const words = document.body.dataset;
  const button = (text, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.addEventListener('click', () => act(made));
    return made;
  };
  for (const pre of phone.querySelectorAll('pre[data-copy]')) {
    const row = document.createElement('p');
    row.className = 'copies';
    row.append(
      button(words.copy, (made) => navigator.clipboard?.writeText(pre.textContent).then(() => { made.textContent = words.copied; })),
      button(words.save, () => {
        const link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([pre.textContent], { type: 'text/plain' }));
        link.download = pre.dataset.copy;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      }),
    );
    pre.before(row);
  }
}

function prepare(phone) {
  dress(phone);
  cameras(phone, (html) => take(phone, html, true));
  copies(phone);
}

for (const phone of phones()) {
  shown.set(phone.dataset.phone, Number(phone.querySelector('.screen').dataset.version));
  prepare(phone);
}

// The card hides when nobody looks at the page, and when it is printed.
const away = (hidden) => document.body.classList.toggle('away', hidden);
document.addEventListener('visibilitychange', () => away(document.hidden));
window.addEventListener('blur', () => away(true));
window.addEventListener('focus', () => away(false));
