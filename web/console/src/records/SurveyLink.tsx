import { App, Button, Input } from "antd";
import { useState } from "react";
import { post } from "../api/client";
import { moment } from "../parts/time";
import { useAct } from "../parts/useAct";
import { useText } from "../text";

// SurveyLink makes the link by which the person can grade a conversation, and copies it. It is shown as well: browsers give
// pages of plain http no clipboard.
export function SurveyLink({ conversation }: { conversation: string }) {
  const t = useText();
  const { message } = App.useApp();
  const [act, busy] = useAct();
  const [link, setLink] = useState<{ url: string; expires: string }>();
  const copy = async () => {
    const made = link ?? (await post<{ url: string; expires: string }>(`/conversations/${encodeURIComponent(conversation)}/survey`));
    setLink(made);
    try {
      await navigator.clipboard.writeText(made.url);
      void message.success(t("survey.copied"));
    } catch {
      // it stands there to be copied by hand
    }
  };
  return (
    <span className="survey-link">
      <Button size="small" loading={busy} onClick={() => void act(copy)}>
        {t("survey.copy")}
      </Button>
      {link && (
        <>
          <Input size="small" readOnly aria-label={t("survey.link")} value={link.url} onFocus={(e) => e.target.select()} />
          <span className="quiet">{t("survey.until", { until: moment(link.expires) })}</span>
        </>
      )}
    </span>
  );
}
