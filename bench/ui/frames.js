// Moves the Gantt chart by a little in every frame for a while, and tells how long each frame took, in milliseconds.
async ([movement, duration]) => {
  const rows = document.querySelector('section[aria-label="Gantt chart"] ol');
  const box = rows && scrollerOf(rows);
  const lane = box?.getBoundingClientRect();

  function scrollerOf(element) {
    return getComputedStyle(element).overflowY === "auto" ? element : scrollerOf(element.parentElement);
  }

  function wheel(options) {
    const at = { clientX: lane.left + lane.width * 0.6, clientY: lane.top + lane.height / 2 };
    box.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, ...at, ...options }));
  }

  /** There and back, again and again. */
  function direction(frame) {
    return frame % 80 < 40 ? 1 : -1;
  }

  const movements = {
    nothing: () => {},
    scroll: (frame) => {
      box.scrollTop += 60 * direction(frame);
    },
    pan: (frame) => wheel({ deltaX: 12 * direction(frame) }),
    zoom: (frame) => wheel({ deltaY: -20 * direction(frame), ctrlKey: true }),
  };

  const nextFrame = () => new Promise(requestAnimationFrame);
  if (movement === "pan") {
    wheel({ deltaY: -500, ctrlKey: true });
    await nextFrame();
  }
  const frames = [];
  let before = await nextFrame();
  for (const begin = before; before - begin < duration; ) {
    movements[movement](frames.length);
    const now = await nextFrame();
    frames.push(now - before);
    before = now;
  }
  return frames;
};
