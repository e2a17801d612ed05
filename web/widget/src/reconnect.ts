// Keeps a call whose network goes or changes: ICE is restarted on the leg that stands (RFC 9725 section 4.3.3), again and
// again until browser and gateway have found another way to each other, or too much time has passed.

import { Clock } from "./feed";
import { backoff } from "./http";

/** What became of a restart. */
export type Outcome =
  | "sent" // the gateway knows; ICE tells whether it works
  | "unsent" // to be tried again
  | "gone"; // the gateway has ended the call

export interface ReconnectOptions {
  clock: Clock;
  /** Restarts ICE. May reject, which is "unsent". */
  restart: () => Promise<Outcome>;
  changed: () => void;
  /** The call cannot be kept. */
  over: () => void;
}

/** How long a way may be without answers before another is looked for: often it mends itself. */
const patience = 2000;
/** How long the checks of a restart may take. */
const checks = 4000;
/** How long a call may be without a network. The gateway waits as long (webrtc.linger) from when it has noticed. */
const atMost = 20000;
const seldom = 4000;
/** How often a gateway that does not hear of it is told of another network while ICE sees nothing wrong. */
const unasked = 5;

export class Reconnect {
  /** There is no way to the gateway; one is looked for. */
  lost = false;
  private attempts = 0;
  private round = 0;
  private timer = 0;
  private end = 0;

  constructor(private o: ReconnectOptions) {}

  /** Takes how ICE stands. */
  ice(state: RTCIceConnectionState): void {
    if (state === "connected" || state === "completed") this.found();
    else if (state === "disconnected" && !this.lost) this.lose(patience);
    else if (state === "failed" && !(this.lost && this.attempts)) this.lose(0);
  }

  /** The browser is on another network, whether ICE has noticed or not. */
  moved(): void {
    this.attempts = 0;
    this.attempt();
  }

  stop(): void {
    this.round++;
    this.lost = false;
    this.o.clock.clear(this.timer);
    this.o.clock.clear(this.end);
  }

  private found(): void {
    if (!this.lost) return;
    this.stop();
    this.o.changed();
  }

  private lose(ms: number): void {
    if (!this.lost) {
      this.lost = true;
      this.attempts = 0;
      this.end = this.o.clock.set(() => this.over(), atMost);
      this.o.changed();
    }
    this.later(ms);
  }

  private later(ms: number): void {
    this.o.clock.clear(this.timer);
    this.timer = this.o.clock.set(() => this.attempt(), ms);
  }

  private attempt(): void {
    this.o.clock.clear(this.timer);
    const round = ++this.round;
    const pause = Math.min(seldom, backoff(this.attempts++, 0, this.o.clock.random()));
    this.o
      .restart()
      .catch((): Outcome => "unsent")
      .then((outcome) => {
        if (round !== this.round) return;
        if (outcome === "gone") this.over();
        else if (outcome === "unsent" && (this.lost || this.attempts < unasked)) this.later(pause);
        else if (this.lost) this.later(checks);
      });
  }

  private over(): void {
    this.stop();
    this.o.over();
  }
}
