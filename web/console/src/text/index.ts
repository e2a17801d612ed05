// The texts of the console: Chinese first, English beside it, so that none is forgotten.
import { createContext, useContext } from "react";
import { admin } from "./admin";
import { board } from "./board";
import { desk } from "./desk";
import { records } from "./records";
import { shell } from "./shell";

const words = { ...shell, ...desk, ...board, ...records, ...admin } as const;

export type Word = keyof typeof words;
export type Locale = "zh-CN" | "en";
export type Text = (word: Word, values?: Record<string, string | number>) => string;

// say gives a word that there is none for as it is: a newer gateway may name what this page does not know.
export function say(locale: Locale, word: Word, values: Record<string, string | number> = {}): string {
  if (!has(word)) return word;
  const text: string = words[word][locale === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

const has = (word: string): word is Word => word in words;

// named says the name of a value that the API sent, or the value itself when there is no name for it.
export const named = (t: Text, group: string, value: string): string => {
  const word = `${group}.${value}`;
  return has(word) ? t(word) : value;
};

const kept = "hotline.locale";

export function firstLocale(): Locale {
  const chosen = localStorage.getItem(kept);
  if (chosen === "zh-CN" || chosen === "en") return chosen;
  return "zh-CN";
}

export function keepLocale(locale: Locale): void {
  localStorage.setItem(kept, locale);
}

export interface Language {
  locale: Locale;
  t: Text;
  switchTo: (locale: Locale) => void;
}

export const LanguageContext = createContext<Language | null>(null);

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (!language) throw new Error("no language");
  return language;
}

export const useText = (): Text => useLanguage().t;
