import { App } from "antd";
import { useCallback } from "react";
import { Problem } from "../api/client";
import { useText, type Text } from "../text";

// explain says what went wrong in words that help.
export function explain(t: Text, e: unknown): string {
  if (!(e instanceof Problem)) return t("error.other", { detail: e instanceof Error ? e.message : String(e) });
  if (e.status === 0) return t("error.network");
  if (e.status === 403) return t("error.forbidden");
  if (e.status === 404) return t("error.missing");
  if (e.status === 409) return t("error.conflict");
  if (e.status === 429) return t("error.limited");
  return t("error.other", { detail: e.message });
}

// reasonOf is what the gateway itself says of it, where that tells more than the kind of problem. What it says for people begins
// in Chinese.
export const reasonOf = (t: Text, e: unknown): string =>
  e instanceof Problem && (e.status === 403 || e.status === 409) && /\p{Script=Han}/u.test(e.message) ? e.message : explain(t, e);

// useComplain shows a problem for a few seconds.
export function useComplain(): (e: unknown) => void {
  const { message } = App.useApp();
  const t = useText();
  return useCallback((e: unknown) => void message.error(reasonOf(t, e)), [message, t]);
}
