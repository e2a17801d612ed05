import type { Brief } from "../api/types";
import { named, useText } from "../text";

// Marks are what an agent should know about the person before the first word.
export function Marks({ brief }: { brief: Brief }) {
  const t = useText();
  return (
    <>
      {brief.urgent && <span className="tag bad">{named(t, "urgent", brief.urgent)}</span>}
      {brief.mood && <span className={"tag " + (brief.mood === "angry" ? "bad" : brief.mood === "worried" ? "warn" : "good")}>{named(t, "mood", brief.mood)}</span>}
      {brief.elder && <span className="tag warn">{t("brief.elder")}</span>}
      {brief.act && <span className="tag">{named(t, "act", brief.act)}</span>}
    </>
  );
}
