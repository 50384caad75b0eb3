// Photos: a cut that is moved by mouse, finger and keys, files that are dropped, and the camera. Every page works
// without it: then the server cuts the middle, and the file is chosen by its button.

const within = (least, value, most) => Math.min(Math.max(value, least), most);

/** A frame over the photo. Its numbers are pixels of the photo as seen upright, whatever size it is shown in. */
function cutting(box) {
  const number = (name) => Number(box.dataset[name]);
  const whole = { width: number("width"), height: number("height") };
  const shape = number("shapeWidth") / number("shapeHeight");
  // The largest cut of this shape, and the smallest that the card takes.
  const largest = Math.min(whole.width, whole.height * shape);
  const smallest = Math.min(largest, Math.max(number("leastWidth"), number("leastHeight") * shape));
  const [frame, picture] = [box.querySelector(".crop-frame"), box.querySelector("img")];
  const forms = document.querySelectorAll("[data-crop-form], [data-crop-fields]");
  const fields = (name) => [...forms].map((form) => form.elements.namedItem(name)).filter(Boolean);
  const names = ["x", "y", "width", "height"];
  const said = document.querySelector("[data-crop-said]");
  const middle = () => ({
    x: (whole.width - largest) / 2, y: (whole.height - largest / shape) / 2, width: largest,
  });
  const typed = names.map((name) => fields(name)[0]?.value.trim() ?? "");
  let cut = typed.every((text) => /^\d+$/.test(text))
    ? { x: Number(typed[0]), y: Number(typed[1]), width: Number(typed[2]) }
    : middle();

  const canvases = [...document.querySelectorAll("[data-crop-preview]")].map((shown) => {
    // The phone beside the cut shows the same picture.
    const all = [shown, document.querySelector(".previews .phone-photo")].filter(Boolean);
    return all.map((image) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [236, 304];
      canvas.className = image.className;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", image.alt);
      return { image, canvas };
    });
  }).flat();

  function draw() {
    const percent = (part, all) => `${(100 * part) / all}%`;
    frame.style.left = percent(cut.x, whole.width);
    frame.style.top = percent(cut.y, whole.height);
    frame.style.width = percent(cut.width, whole.width);
    frame.style.height = percent(cut.width / shape, whole.height);
  }

  /** Takes a cut over, as whole pixels inside the photo, into the forms and the previews. */
  function take(wanted) {
    const width = within(smallest, wanted.width, largest);
    const x = within(0, wanted.x, whole.width - width);
    const y = within(0, wanted.y, whole.height - width / shape);
    cut = { x, y, width };
    draw();
    const left = Math.floor(x);
    const top = Math.floor(y);
    const sides = [Math.min(Math.round(width), whole.width - left), Math.min(Math.round(width / shape), whole.height - top)];
    [left, top, ...sides].forEach((value, at) => fields(names[at]).forEach((field) => { field.value = value; }));
    said.textContent = `${box.dataset.said}: ${sides[0]}×${sides[1]}`;
    const scale = picture.naturalWidth / whole.width;
    for (const { image, canvas } of canvases) {
      if (image.isConnected) image.replaceWith(canvas);
      canvas.getContext("2d").drawImage(
        picture, cut.x * scale, cut.y * scale, cut.width * scale, (cut.width / shape) * scale, 0, 0, 236, 304);
    }
  }

  /** Makes the cut larger or smaller around its middle. */
  function scale(by) {
    const width = within(smallest, cut.width * by, largest);
    const grown = width - cut.width;
    take({ x: cut.x - grown / 2, y: cut.y - grown / shape / 2, width });
  }

  function back() {
    take(middle());
    names.forEach((name) => fields(name).forEach((field) => { field.value = ""; }));
  }

  frame.addEventListener("keydown", (event) => {
    const step = (event.shiftKey ? 0.05 : 0.01) * whole.width;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) take({ ...cut, x: cut.x + moves[event.key][0], y: cut.y + moves[event.key][1] });
    else if (event.key === "+" || event.key === "=") scale(1.04);
    else if (event.key === "-" || event.key === "_") scale(1 / 1.04);
    else if (event.key === "Home") back();
    else return;
    event.preventDefault();
  });

  // One pointer moves the frame or, at its corner, its size; two pinch.
  const fingers = new Map();
  let began = null;
  const apart = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  frame.addEventListener("pointerdown", (event) => {
    // Else the browser may begin to drag or to select what lies below, and takes the pointer away.
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const corner = event.target.classList.contains("crop-handle");
    began = { corner, cut, x: event.clientX, y: event.clientY, apart: fingers.size === 2 ? apart() : 0 };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!began || !fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const perPixel = whole.width / box.clientWidth;
    const [right, down] = [(event.clientX - began.x) * perPixel, (event.clientY - began.y) * perPixel];
    if (fingers.size === 2 && began.apart > 0) {
      const width = within(smallest, began.cut.width * (apart() / began.apart), largest);
      const grown = width - began.cut.width;
      take({ x: began.cut.x - grown / 2, y: began.cut.y - grown / shape / 2, width });
    } else if (began.corner) {
      const { x, y } = began.cut;
      const most = Math.min(whole.width - x, (whole.height - y) * shape);
      take({ x, y, width: Math.min(began.cut.width + Math.max(right, down * shape), most) });
    } else {
      take({ ...began.cut, x: began.cut.x + right, y: began.cut.y + down });
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      began = null;
    });
  }

  const buttons = document.querySelector("[data-crop-buttons]");
  const acts = { larger: () => scale(1.1), smaller: () => scale(1 / 1.1), middle: back };
  buttons.addEventListener("click", (event) => acts[event.target.dataset.cropBy]?.());
  [buttons.hidden, frame.hidden] = [false, false];
  draw();
}

/** A file that is dropped onto the field, and a look at the photo that was chosen. */
function dropping(field) {
  const input = field.querySelector("input[type=file]");
  const view = field.querySelector(".drop-view");
  field.querySelector(".drop-hint").hidden = false;
  for (const over of ["dragenter", "dragover"]) {
    field.addEventListener(over, (event) => {
      event.preventDefault();
      field.classList.add("over");
    });
  }
  for (const out of ["dragleave", "drop"]) field.addEventListener(out, () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
  input.addEventListener("change", () => {
    if (!view) return;
    if (view.src) URL.revokeObjectURL(view.src);
    const [file] = input.files;
    view.hidden = !file || file.type !== "image/jpeg";
    if (!view.hidden) view.src = URL.createObjectURL(file);
  });
}

/** What the camera sees, as a JPEG. Where the school takes small photos only, the middle of it, as small as that. */
async function shot(video, most) {
  const whole = { width: video.videoWidth, height: video.videoHeight };
  const width = most ? Math.min(whole.width, whole.height * most.shape) : whole.width;
  const height = most ? width / most.shape : whole.height;
  const smaller = most ? Math.min(1, most.width / width, most.height / height) : 1;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.floor(width * smaller), Math.floor(height * smaller)];
  const picture = canvas.getContext("2d");
  picture.imageSmoothingQuality = "high";
  picture.drawImage(
    video, (whole.width - width) / 2, (whole.height - height) / 2, width, height, 0, 0, canvas.width, canvas.height);
  const packed = (quality) => new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });
  let blob = await packed(0.95);
  // A noisy picture is packed a little harder, down to what every school takes.
  for (let quality = 0.94; most && blob && blob.size > most.bytes && quality >= 0.9; quality -= 0.01) {
    blob = await packed(quality);
  }
  return blob;
}

/** The camera, where there is one: what it takes becomes the chosen file. */
function camera(place) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const part = (name) => place.querySelector(name);
  const [view, video, fault] = [part(".camera-view"), part("video"), part("[data-camera-fault]")];
  const [open, take, close] = ["open", "take", "close"].map((name) => part(`[data-camera-${name}]`));
  const input = place.closest("form").querySelector("input[type=file]");
  const number = (name) => Number(place.dataset[name]);
  const most = place.dataset.mostWidth && {
    width: number("mostWidth"), height: number("mostHeight"), bytes: number("mostBytes"),
    shape: number("shapeWidth") / number("shapeHeight"),
  };
  let stream = null;
  const running = (on) => {
    [view.hidden, take.hidden, close.hidden, open.hidden] = [!on, !on, !on, on];
  };
  const off = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    running(false);
  };
  const stop = () => {
    off();
    open.focus();
  };
  place.hidden = false;
  open.addEventListener("click", async () => {
    // Asked twice, a browser would open the camera twice, and one of them nobody could close.
    open.disabled = true;
    fault.hidden = true;
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1440 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
      video.srcObject = stream;
      await video.play();
      running(true);
      take.focus();
    } catch {
      open.disabled = false;
      stop();
      fault.hidden = false;
    }
    open.disabled = false;
  });
  close.addEventListener("click", stop);
  take.addEventListener("click", async () => {
    const blob = await shot(video, most);
    if (blob) {
      const files = new DataTransfer();
      files.items.add(new File([blob], "kamera.jpg", { type: "image/jpeg" }));
      input.files = files.files;
      input.dispatchEvent(new Event("change"));
    } else {
      fault.hidden = false;
    }
    stop();
  });
  // Whoever goes back to the page finds the camera off, as it looks.
  window.addEventListener("pagehide", off);
}

for (const box of document.querySelectorAll("[data-crop]")) cutting(box);
for (const field of document.querySelectorAll("[data-drop]")) dropping(field);
for (const place of document.querySelectorAll("[data-camera]")) camera(place);
