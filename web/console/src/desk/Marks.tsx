import type { Brief, Wanted } from "../api/types";
import { named, useText } from "../text";

// Marks are what an agent should know about the person before the first word.
export function Marks({ brief, wanted }: { brief: Brief; wanted?: Wanted }) {
  const t = useText();
  return (
    <>
      {brief.urgent && <span className="tag bad">{named(t, "urgent", brief.urgent)}</span>}
      {brief.mood && <span className={"tag " + (brief.mood === "angry" ? "bad" : brief.mood === "worried" ? "warn" : "good")}>{named(t, "mood", brief.mood)}</span>}
      {brief.elder && <span className="tag warn">{t("brief.elder")}</span>}
      {brief.act && <span className="tag">{named(t, "act", brief.act)}</span>}
      {wanted && <WantedTags wanted={wanted} />}
    </>
  );
}

// WantedTags are the language and the skills that an agent is asked for.
export function WantedTags({ wanted }: { wanted: Wanted }) {
  const t = useText();
  return (
    <>
      {wanted.language && <span className="tag blue">{named(t, "language", wanted.language)}</span>}
      {Object.entries(wanted.skills ?? {}).map(([skill, level]) => (
        <span key={skill} className="tag">
          {skill} {level}
        </span>
      ))}
    </>
  );
}
