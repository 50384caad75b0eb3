// The card's moving ground: lines that answer to the mouse or to the tilt of the device.
const NS = 'http://www.w3.org/2000/svg';
const still = matchMedia('(prefers-reduced-motion: reduce)');
const running = new Map();

// A rosette: r = a + b·sin(n·t), drawn by straight pieces that are too short to be seen.
function rosette(cx, cy, a, b, n, turn) {
  let path = '';
  for (let i = 0; i <= 360; i++) {
    const t = (i / 360) * 2 * Math.PI;
    const r = a + b * Math.sin(n * t + turn);
    path += `${i ? 'L' : 'M'}${(cx + r * Math.cos(t)).toFixed(1)} ${(cy + r * Math.sin(t)).toFixed(1)}`;
  }
  return path;
}

function layer(lines, colour) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 400 600');
  svg.setAttribute('preserveAspectRatio', 'xMidYMid slice');
  for (const line of lines) {
    const path = document.createElementNS(NS, 'path');
    path.setAttribute('d', line);
    path.setAttribute('fill', 'none');
    path.setAttribute('stroke', colour);
    path.setAttribute('stroke-width', '.7');
    svg.append(path);
  }
  return svg;
}

export function dress(phone) {
  const face = phone.querySelector('[data-face]');
  const ground = face?.querySelector('.guilloche');
  if (!ground) return;
  const rings = (n, turn) => Array.from({ length: 9 }, (_, i) => rosette(200, 300, 60 + i * 22, 14 + i * 2, n, turn + i * 0.35));
  const layers = [layer(rings(9, 0), '#3f5bd8'), layer(rings(13, 1.2), '#1c9a78'), layer(rings(17, 2.1), '#d88b2b')];
  ground.replaceChildren(...layers);
  let x = 0, y = 0, wantX = 0, wantY = 0, frame = 0;
  const point = (event) => {
    const box = face.getBoundingClientRect();
    wantX = ((event.clientX - box.left) / box.width - 0.5) * 2;
    wantY = ((event.clientY - box.top) / box.height - 0.5) * 2;
  };
  const tilt = ({ beta, gamma }) => { if (gamma !== null) { wantX = gamma / 45; wantY = (beta - 45) / 45; } };
  const move = (now) => {
    x += (wantX - x) * 0.12;
    y += (wantY - y) * 0.12;
    const slow = now / 9000;
    layers.forEach((svg, i) => {
      const way = i % 2 ? -1 : 1;
      svg.style.transform = `translate3d(${(x * (8 + i * 7)).toFixed(2)}px, ${(y * (8 + i * 7)).toFixed(2)}px, 0) rotate(${(way * slow * (8 + i * 3) + x * 6).toFixed(3)}deg)`;
    });
    frame = requestAnimationFrame(move);
  };
  swipe(phone, face);
  if (still.matches) return;
  face.addEventListener('pointermove', point);
  window.addEventListener('deviceorientation', tilt);
  frame = requestAnimationFrame(move);
  running.set(phone, () => { cancelAnimationFrame(frame); window.removeEventListener('deviceorientation', tilt); });
}

// From one child's card to the next by a finger, as by the dots above.
function swipe(phone, face) {
  let from = null;
  face.addEventListener('pointerdown', (event) => { if (event.isPrimary) from = event.clientX; });
  face.addEventListener('pointerup', (event) => {
    const way = from === null ? 0 : event.clientX - from;
    from = null;
    if (Math.abs(way) < 60) return;
    const dots = [...phone.querySelectorAll('.dot')];
    const at = dots.findIndex((dot) => dot.getAttribute('aria-current'));
    dots[at + (way < 0 ? 1 : -1)]?.click();
  });
}

export function undress(phone) {
  running.get(phone)?.();
  running.delete(phone);
}
