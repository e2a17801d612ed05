import { useCallback } from "react";
import { post } from "../api/client";
import { keep, kept } from "../parts/kept";
import { useAct } from "../parts/useAct";

// Whom to call: a number, somebody to be called back, or who was in a conversation of mine.
export type Whom = { number: string } | { callback: string } | { conversation: string };

const reached = (callback: string) => "reached." + callback;

// wasReached tells whether somebody who is to be called back has answered.
export const wasReached = (callback: string): boolean => kept(reached(callback)) ?? false;

// call returns once they have answered.
export async function call(whom: Whom): Promise<void> {
  await post("/desk/calls", whom);
  if ("callback" in whom) keep(reached(whom.callback), true);
}

// settle notes what became of somebody to be called back.
export async function settle(callback: string, fields: { outcome: string; note?: string }): Promise<void> {
  await post(`/desk/callbacks/${encodeURIComponent(callback)}/outcome`, fields);
  keep(reached(callback), undefined);
}

// useDial calls somebody, and says why they were not reached.
export function useDial(): [dial: (whom: Whom) => Promise<boolean>, busy: boolean] {
  const [act, busy] = useAct();
  return [useCallback((whom: Whom) => act(() => call(whom)), [act]), busy];
}
