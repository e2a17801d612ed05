// Ring calls for attention: a tone made here, a title that flashes, and a notification where the browser lets us.

export class Ring {
  private sound?: AudioContext;
  private beat?: ReturnType<typeof setInterval>;
  private title = "";
  private notice?: Notification;

  // start rings until stop; text stands in the title and the notification.
  start(text: string): void {
    if (this.beat) return;
    this.title = document.title;
    let on = false;
    const step = () => {
      on = !on;
      document.title = on ? "☎ " + text : this.title;
      if (on) this.tone();
    };
    step();
    this.beat = setInterval(step, 1000);
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      this.notice = new Notification(text, { tag: "hotline-offer", requireInteraction: true });
      this.notice.onclick = () => window.focus();
    }
  }

  stop(): void {
    if (!this.beat) return;
    clearInterval(this.beat);
    this.beat = undefined;
    document.title = this.title;
    this.notice?.close();
    this.notice = undefined;
  }

  // beep is one short note, for a message in a chat that is not on screen.
  beep(): void {
    this.note(880, 0, 0.12);
  }

  private tone(): void {
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
