// Time that passes when a test says so.
import type { Clock } from "../src/feed";

export class TestClock implements Clock {
  now = 0;
  private next = 0;
  private timers: { id: number; at: number; f: () => void }[] = [];
  constructor(public random: () => number = () => 0.5) {}

  set(f: () => void, ms: number): number {
    this.timers.push({ id: ++this.next, at: this.now + ms, f });
    return this.next;
  }

  clear(id: number): void {
    this.timers = this.timers.filter((t) => t.id !== id);
  }

  /** Lets time pass; answers under way arrive between the timers. */
  async run(ms: number): Promise<void> {
    const until = this.now + ms;
    for (await settled(); ; await settled()) {
      const due = this.timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.now = Math.max(this.now, due.at);
      this.clear(due.id);
      due.f();
    }
    this.now = until;
  }
}

const settled = () => new Promise<void>((done) => setImmediate(done));

/** A generator of numbers in [0, 1) that repeats for a seed (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
