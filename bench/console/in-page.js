// Runs in the page that is measured, before its own scripts.
const tasks = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) tasks.push(duration);
}).observe({ entryTypes: ['longtask'] });

globalThis.bench = {
  /** Durations of tasks longer than 50 ms since it was last asked. */
  takeTasks: () => tasks.splice(0),

  /** How many frames are painted in so many milliseconds. */
  countFrames: (ms) =>
    new Promise((resolve) => {
      const end = performance.now() + ms;
      let frames = 0;
      const next = () => {
        frames++;
        if (performance.now() < end) requestAnimationFrame(next);
        else resolve(frames);
      };
      requestAnimationFrame(next);
    }),

  /** Resolves when the page says that there are so many actions: "N actions" or "N of M actions". */
  told: (actions) =>
    new Promise((resolve) => {
      const look = () => {
        const text = document.querySelector('output')?.textContent ?? '';
        const numbers = [...text.replaceAll(',', '').matchAll(/\d+/g)].map(Number);
        if (Math.max(0, ...numbers) >= actions) resolve();
        else requestAnimationFrame(look);
      };
      look();
    }),
};
