// Ring calls for attention: tones made here, a title that flashes, and a notification where the browser lets us.

// What it calls for, the most urgent first. Only offers sound again and again.
const signs = { offer: "☎", dropped: "⚠", unread: "✉" } as const;

export type Cause = keyof typeof signs;

export class Ring {
  private sound?: AudioContext;
  private beat?: ReturnType<typeof setInterval>;
  private lit = false;
  private title = ""; // of the page
  private readonly texts = new Map<Cause, string>();
  private readonly notices = new Map<Cause, Notification>();

  // start calls for a cause until it is stopped; text stands in the title and the notification.
  start(cause: Cause, text: string): void {
    const known = this.texts.has(cause);
    this.texts.set(cause, text);
    if (known) return;
    if (!this.beat) {
      this.title = document.title;
      this.beat = setInterval(() => this.step(), 1000);
    }
    this.lit = false;
    this.step();
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      const notice = new Notification(text, { tag: "hotline-" + cause, requireInteraction: true });
      notice.onclick = () => window.focus();
      this.notices.set(cause, notice);
    }
  }

  stop(cause: Cause): void {
    this.notices.get(cause)?.close();
    this.notices.delete(cause);
    if (!this.texts.delete(cause) || this.texts.size) return;
    clearInterval(this.beat);
    this.beat = undefined;
    document.title = this.title;
  }

  private step(): void {
    this.lit = !this.lit;
    const cause = (Object.keys(signs) as Cause[]).find((c) => this.texts.has(c));
    document.title = this.lit && cause ? `${signs[cause]} ${this.texts.get(cause)}` : this.title;
    if (this.lit && cause === "offer") this.chime();
  }

  // beep is one short note, for a message in a chat that is not on screen.
  beep(): void {
    this.note(880, 0, 0.12);
  }

  chime(): void {
    for (const at of [0, 0.25]) {
      this.note(659, at, 0.2);
      this.note(784, at, 0.2);
    }
  }

  private note(hertz: number, at: number, length: number): void {
    this.sound ??= new AudioContext();
    // Before the first click or key the browser holds it back; the title flashes anyway.
    void this.sound.resume();
    const now = this.sound.currentTime + at;
    const tone = new OscillatorNode(this.sound, { frequency: hertz });
    const gain = new GainNode(this.sound, { gain: 0 });
    gain.gain.setValueAtTime(0, now);
    gain.gain.linearRampToValueAtTime(0.12, now + 0.02);
    gain.gain.setTargetAtTime(0, now + length, 0.04);
    tone.connect(gain).connect(this.sound.destination);
    tone.start(now);
    tone.stop(now + length + 0.3);
  }
}

// allowNotices asks for notifications; only a click may ask.
export function allowNotices(): void {
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}
