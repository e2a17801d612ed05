import { Button, Empty } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Fact, Party } from "../api/types";
import { second } from "../parts/time";
import { named, useText, type Text } from "../text";
import { useSession } from "../shell/session";
import "./captions.css";
import { useDesk } from "./DeskProvider";
import { lines, pieces, type Line } from "./lines";
import { logOf } from "./state";

type Named = Pick<Party, "id" | "name">;

// Captions is what was said, newest below. It follows what comes unless somebody reads further up.
export function Captions({ conversation, parties, facts = [] }: { conversation: string; parties: Named[]; facts?: Fact[] }) {
  const t = useText();
  const { desk } = useDesk();
  const { user } = useSession();
  const log = logOf(desk, conversation);
  const said = useMemo(() => lines(t, log.events), [t, log.events]);
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  useEffect(() => {
    if (following) toEnd();
  }, [following, said]);
  const scrolled = () => {
    const b = box.current;
    if (b) setFollowing(b.scrollHeight - b.scrollTop - b.clientHeight < 60);
  };
  const whose = (by: Line["by"], party?: string) => name(t, by, party, user.id, parties);
  return (
    <div className="captions">
      <div className="captions-box" ref={box} onScroll={scrolled} role="log" aria-label={t("captions")} tabIndex={0}>
        {!said.length && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("captions.none")} />}
        {said.map((line) => (
          <Said key={line.seq} line={line} who={whose(line.by, line.party)} facts={facts} />
        ))}
      </div>
      {!following && (
        <Button className="captions-latest" size="small" shape="round" onClick={toEnd}>
          {t("captions.latest")} ↓
        </Button>
      )}
    </div>
  );
}

function name(t: Text, by: Line["by"], party: string | undefined, me: string, parties: Named[]): string {
  if (by === "caller") return t("say.caller");
  if (by === "bot") return t("say.bot");
  if (!party || party === me) return t("say.me");
  return parties.find((p) => p.id === party)?.name ?? party;
}

export function Said({ line, who, facts }: { line: Line; who: string; facts: Fact[] }) {
  const t = useText();
  if (line.by === "system")
    return (
      <div className="line line-system">
        <time>{second(line.at)}</time> {line.text}
      </div>
    );
  return (
    <div className={"line line-" + line.by}>
      <span className="who">
        {who} <time>{second(line.at)}</time>
      </span>
      <p>
        {line.by === "caller"
          ? pieces(line.text, facts).map((piece, i) =>
              piece.slot ? (
                <mark key={i} title={named(t, "slot", piece.slot)}>
                  {piece.text}
                  <small>{named(t, "slot", piece.slot)}</small>
                </mark>
              ) : (
                piece.text
              ),
            )
          : line.text}
      </p>
    </div>
  );
}
