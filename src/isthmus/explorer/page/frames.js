// What is drawn when the browser shows the next frame.

// Gives what asks for a drawing: once a frame, however often it is asked for.
export function onceAFrame(paint) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      paint();
    });
  };
}
