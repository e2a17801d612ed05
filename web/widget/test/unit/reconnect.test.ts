import assert from "node:assert/strict";
import { test } from "node:test";
import { Outcome, Reconnect } from "../../src/reconnect";
import { TestClock } from "../clock";

interface Rig {
  clock: TestClock;
  r: Reconnect;
  /** When restarts began, in ms. */
  at: number[];
  outcome: Outcome;
  over: number[];
}

function rig(outcome: Outcome = "sent"): Rig {
  const clock = new TestClock();
  const rig: Rig = {
    clock,
    at: [],
    outcome,
    over: [],
    r: new Reconnect({
      clock,
      restart: async () => {
        rig.at.push(clock.now);
        return rig.outcome;
      },
      changed: () => {},
      over: () => rig.over.push(clock.now),
    }),
  };
  return rig;
}

test("what mends itself within 2 s is left alone", async () => {
  const g = rig();
  g.r.ice("disconnected");
  assert.equal(g.r.lost, true);
  await g.clock.run(1900);
  g.r.ice("connected");
  await g.clock.run(60000);
  assert.deepEqual([g.at, g.over, g.r.lost], [[], [], false]);
});

test("then another way is looked for, again every 4 s until one is found", async () => {
  const g = rig();
  g.r.ice("disconnected");
  await g.clock.run(7000);
  g.r.ice("failed"); // of the checks of the restart
  await g.clock.run(2000);
  g.r.ice("connected");
  await g.clock.run(60000);
  assert.deepEqual([g.at, g.over], [[2000, 6000], []]);
});

test("failed is not waited for", async () => {
  const g = rig();
  g.r.ice("disconnected");
  await g.clock.run(500);
  g.r.ice("failed");
  await g.clock.run(100);
  assert.deepEqual(g.at, [500]);
});

test("a gateway that is not reached is asked again, ever more seldom, for 20 s", async () => {
  const g = rig("unsent");
  g.r.ice("failed");
  await g.clock.run(60000);
  assert.deepEqual(g.at.map((ms, i) => ms - (g.at[i - 1] ?? 0)), [0, 375, 750, 1500, 3000, 4000, 4000, 4000]);
  assert.deepEqual([g.over, g.r.lost], [[20000], false]);
});

test("on another network it does not wait any longer", async () => {
  const g = rig("unsent");
  g.r.ice("failed");
  await g.clock.run(7000);
  g.outcome = "sent";
  g.r.moved();
  await g.clock.run(100);
  g.r.ice("connected");
  await g.clock.run(60000);
  assert.deepEqual([g.at.slice(-2), g.over], [[5625, 7000], []]);
});

test("another network that ICE has not noticed is told once, or a few times in vain", async () => {
  const g = rig();
  g.r.moved();
  await g.clock.run(60000);
  assert.deepEqual([g.at, g.r.lost], [[0], false]);
  g.outcome = "unsent";
  g.r.moved();
  await g.clock.run(60000);
  assert.deepEqual([g.at.length, g.over], [6, []]);
});

test("a call that the gateway has ended is over at once", async () => {
  const g = rig("gone");
  g.r.ice("failed");
  await g.clock.run(60000);
  assert.deepEqual([g.at, g.over], [[0], [0]]);
});

test("after the call nothing is done", async () => {
  const g = rig("unsent");
  g.r.ice("failed");
  await g.clock.run(1000);
  g.r.stop();
  const tries = g.at.length;
  await g.clock.run(60000);
  assert.deepEqual([g.at.length, g.over, g.r.lost], [tries, [], false]);
});
