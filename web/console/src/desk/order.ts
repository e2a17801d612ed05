import { useMemo } from "react";
import type { Brief, Fact, OrderDraft, Talk } from "../api/types";
import { keep, useKept } from "../parts/kept";

// Proposed is a fact in the form: filed only once it is accepted.
export interface Proposed {
  slot: string;
  value: string;
  fact?: Fact; // as it was heard
  accepted: boolean;
}

export type Edits = Record<string, { value?: string; accepted?: boolean }>;
export type Fields = Omit<OrderDraft, "facts">;

// What a work order of a city asks for; the others are added when they are needed.
export const always = ["address", "district", "time", "person", "phone"];
export const sometimes = ["org", "item", "plate", "route", "amount", "reason", "description"];

// propose puts what the agent did over what was heard. What the agent has accepted or written does not change any more when
// more is heard, and no field moves.
export function propose(facts: Fact[], edits: Edits, added: string[] = []): Proposed[] {
  const slots = new Set([...always, ...facts.map((fact) => fact.slot), ...Object.keys(edits), ...added]);
  return [...slots].map((slot) => {
    const fact = facts.find((fact) => fact.slot === slot);
    const edit = edits[slot] ?? {};
    return { slot, value: edit.value ?? fact?.value ?? "", fact, accepted: edit.accepted ?? fact?.confirmed ?? false };
  });
}

export const accepted = (facts: Proposed[]): Record<string, string> => Object.fromEntries(facts.filter((f) => f.accepted && f.value).map((f) => [f.slot, f.value]));

// open are the facts that wait for the agent.
export const open = (facts: Proposed[]): Proposed[] => facts.filter((f) => f.value && !f.accepted);

export const acts = ["ask", "help", "complain", "report", "suggest", "praise"] as const;

// drafted is the order as the brief has it, but for what the agent has chosen. The bot knows acts that an order cannot have.
export function drafted(brief: Brief, chosen: Chosen): Partial<Fields> {
  const heard = { kind: "new", act: acts.find((act) => act === brief.act), category: brief.category, urgency: brief.urgent ? "critical" : undefined, text: brief.summary };
  const mine = Object.fromEntries(Object.entries(chosen).map(([name, value]) => [name, value ?? undefined]));
  return { ...heard, ...mine } as Partial<Fields>;
}

// Chosen is what the agent has put into fields; null is nothing at all.
export type Chosen = { [name in keyof Fields]?: Fields[name] | null };

interface Work {
  chosen: Chosen;
  edits: Edits;
  added: string[];
  filed: string;
}

export interface Order {
  facts: Proposed[];
  fields: Partial<Fields>;
  filed: string; // number of the one that was filed last
  accept: (slot: string) => void;
  write: (slot: string, value: string) => void;
  acceptNext: () => void;
  add: (slot: string) => void;
  choose: (fields: Partial<Fields>) => void;
  file: (number: string) => void;
}

const place = (conversation: string) => "order." + conversation;
export const forgetOrder = (conversation: string): void => keep(place(conversation), undefined);

export function useOrder({ conversation, brief }: Talk): Order {
  const [work, change] = useKept<Work>(place(conversation), { chosen: {}, edits: {}, added: [], filed: "" });
  const { chosen, edits, added, filed } = work;
  const facts = useMemo(() => propose(brief.facts ?? [], edits, added), [brief.facts, edits, added]);
  const fields = useMemo(() => drafted(brief, chosen), [brief, chosen]);
  const write = (slot: string, value: string) => change((was) => ({ ...was, edits: { ...was.edits, [slot]: { value, accepted: true } } }));
  const accept = (slot: string) => {
    const fact = facts.find((f) => f.slot === slot);
    if (fact) write(slot, fact.value);
  };
  return {
    facts,
    fields,
    filed,
    accept,
    write,
    acceptNext: () => {
      const next = open(facts)[0];
      if (next) accept(next.slot);
    },
    add: (slot) => change((was) => ({ ...was, added: [...was.added, slot] })),
    choose: (fields) => change((was) => ({ ...was, chosen: { ...was.chosen, ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null])) } })),
    file: (number) => change((was) => ({ ...was, filed: number })),
  };
}
