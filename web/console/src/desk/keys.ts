// The keys of the desk. Combinations with Alt go by the place of the key, so that input methods and layouts do not matter.
import { useEffect, useRef } from "react";

export const keys = {
  accept: ["F8", "Alt+A"],
  decline: ["Alt+X"],
  hold: ["F9", "Alt+H"],
  mute: ["Alt+M"],
  keypad: ["Alt+P"],
  transfer: ["Alt+T"],
  complete: ["Alt+C"],
  merge: ["Alt+G"],
  drop: ["Alt+U"],
  return: ["Alt+B"],
  finish: ["Alt+Q"],
  emergency: ["Alt+J"],
  brief: ["Alt+I"],
  knowledge: ["Alt+K"],
  order: ["Alt+O"],
  fact: ["Alt+Y"],
  note: ["Alt+N"],
  reply: ["Alt+R"],
  next: ["Alt+ArrowDown"],
  wrap: ["Alt+W"],
} as const;

export type KeyName = keyof typeof keys;

const pressed = (e: KeyboardEvent): string => (e.altKey ? "Alt+" : "") + e.code.replace(/^Key/, "");

// keyOf tells which of the keys was pressed.
export function keyOf(e: KeyboardEvent): KeyName | undefined {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.isComposing) return undefined;
  const combination = pressed(e);
  return (Object.keys(keys) as KeyName[]).find((name) => (keys[name] as readonly string[]).includes(combination));
}

// useKeys lets keys do something while the component is there.
export function useKeys(does: Partial<Record<KeyName, () => void>>): void {
  const latest = useRef(does);
  useEffect(() => {
    latest.current = does;
  });
  useEffect(() => {
    const down = (e: KeyboardEvent) => {
      const name = keyOf(e);
      const act = name && latest.current[name];
      if (!act) return;
      e.preventDefault();
      if (!e.repeat) act();
    };
    addEventListener("keydown", down);
    return () => removeEventListener("keydown", down);
  }, []);
}
