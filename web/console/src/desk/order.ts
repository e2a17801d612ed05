import { useMemo, useState } from "react";
import type { Fact, Talk } from "../api/types";

// Proposed is a fact in the form: filed only once it is accepted.
export interface Proposed {
  slot: string;
  value: string;
  fact?: Fact;
  accepted: boolean;
}

export type Edits = Record<string, { value?: string; accepted?: boolean }>;

// propose puts what the agent did over what was heard. What the agent has accepted or written does not change any more when
// more is heard.
export function propose(facts: Fact[], edits: Edits): Proposed[] {
  return facts.map((fact) => {
    const edit = edits[fact.slot] ?? {};
    return { slot: fact.slot, value: edit.value ?? fact.value, fact, accepted: edit.accepted ?? fact.confirmed ?? false };
  });
}

export const accepted = (facts: Proposed[]): Record<string, string> => Object.fromEntries(facts.filter((f) => f.accepted && f.value).map((f) => [f.slot, f.value]));

export interface Order {
  facts: Proposed[];
  accept: (slot: string) => void;
  write: (slot: string, value: string) => void;
  acceptNext: () => void;
}

export function useOrder(talk: Talk): Order {
  const [edits, setEdits] = useState<Edits>({});
  const heard = talk.brief.facts;
  const facts = useMemo(() => propose(heard ?? [], edits), [heard, edits]);
  const set = (slot: string, value: string) => setEdits((was) => ({ ...was, [slot]: { value, accepted: true } }));
  const accept = (slot: string) => {
    const fact = facts.find((f) => f.slot === slot);
    if (fact) set(slot, fact.value);
  };
  return {
    facts,
    accept,
    write: set,
    acceptNext: () => {
      const next = facts.find((f) => !f.accepted);
      if (next) accept(next.slot);
    },
  };
}
