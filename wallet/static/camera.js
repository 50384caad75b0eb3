// Frames go to the phone one at a time, at most ten a second; it answers with what to do next.
const EVERY = 100;

export function cameras(phone, show) {
  const finder = phone.querySelector('[data-camera]');
  if (!finder || !navigator.mediaDevices?.getUserMedia) return;
  finder.hidden = false;
  const pointer = phone.querySelector('[data-window]');
  if (pointer && navigator.mediaDevices.getDisplayMedia) {
    pointer.hidden = false;
    pointer.addEventListener('click', () => navigator.mediaDevices.getDisplayMedia({ video: true }).then(
      (stream) => run(finder, finder.querySelector('video'), finder.querySelector('[data-hint]'), stream, phone, show),
      () => {},
    ));
  }
  const hint = finder.querySelector('[data-hint]');
  const video = finder.querySelector('video');
  const wanted = { video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } };
  navigator.mediaDevices.getUserMedia(wanted).then(
    (stream) => run(finder, video, hint, stream, phone, show),
    (refused) => { hint.textContent = refused.name === 'NotFoundError' ? finder.dataset.none : finder.dataset.denied; },
  );
}

async function run(finder, video, hint, stream, phone, show) {
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (!finder.isConnected) return stop();
  video.srcObject = stream;
  // The screen may go, or another picture come, before it begins: then nobody looks through this camera.
  if (!(await video.play().then(() => true, () => false))) return stop();
  const canvas = document.createElement('canvas');
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  for (let n = 0; finder.isConnected; n++) {
    const began = performance.now();
    if (video.srcObject !== stream) break;
    if (video.videoWidth) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      paint.drawImage(video, 0, 0);
      const jpeg = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
      const answer = await fetch(`${finder.dataset.camera}?n=${n}`, { method: 'POST', body: jpeg, headers: { 'content-type': 'image/jpeg' } }).catch(() => null);
      const said = answer?.ok ? (await answer.json()).hint : 'nothing-seen';
      if (said === 'found') {
        const screen = await fetch(`/phones/${phone.dataset.phone}/screen`, { headers: { 'x-part': 'screen' } });
        if (screen.ok) show(await screen.text());
        break;
      }
      const key = 'hint' + said.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('');
      const words = finder.dataset[key] ?? finder.dataset.hintNothingSeen;
      if (hint.textContent !== words) hint.textContent = words;
    }
    const rest = EVERY - (performance.now() - began);
    await new Promise((on) => setTimeout(on, Math.max(rest, 0)));
  }
  stop();
}
