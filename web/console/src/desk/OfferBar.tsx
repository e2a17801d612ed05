// Offers stand over every page until they are answered.
import { Button } from "antd";
import { useNavigate } from "react-router";
import { post } from "../api/client";
import type { Offer } from "../api/types";
import { Caller } from "../parts/Caller";
import { Left } from "../parts/Since";
import { clock } from "../parts/time";
import { useAct } from "../parts/useAct";
import { named, useText } from "../text";
import { useDesk } from "./DeskProvider";
import { useDial } from "./dial";
import { Key } from "./Key";
import { useKeys } from "./keys";
import { Past } from "./Brief";
import { Marks } from "./Marks";
import "./offer.css";

export function OfferBar() {
  const { desk } = useDesk();
  if (!desk.offers.length) return null;
  return (
    <div className="offers" aria-live="assertive">
      {desk.offers.map((offer, i) => (
        <OfferCard key={offer.id} offer={offer} first={i === 0} />
      ))}
    </div>
  );
}

function OfferCard({ offer, first }: { offer: Offer; first: boolean }) {
  const t = useText();
  const go = useNavigate();
  const [act, busy] = useAct();
  const { desk } = useDesk();
  const onPhone = desk.agent?.device === "phone" && offer.channel === "phone" && !offer.callback;
  const [dial] = useDial();
  const kind = offer.callback ? "offer.callback" : offer.channel === "chat" ? "offer.chat" : "offer.title";
  const path = `/desk/offers/${encodeURIComponent(offer.id)}`;
  const take = async () => {
    if ((await act(() => post(path + "/accept"))) && offer.callback) await dial({ callback: offer.callback });
  };
  const accept = () => {
    if (busy || onPhone) return;
    void take();
    void go("/desk");
  };
  const decline = () => void act(() => post(path + "/decline", {}));
  useKeys(first ? { accept, decline } : {});
  return (
    <section className="offer" role="alertdialog" aria-label={t(kind)}>
      <header>
        <span className="tag blue">{offer.callback ? t(kind) : t(`channel.${offer.channel}`)}</span>
        <strong>
          <Caller number={offer.caller} conversation={offer.conversation} />
        </strong>
        <span className="quiet">{offer.place}</span>
        <span className="space" />
        <span className="quiet">
          {t("offer.left")} <Left to={offer.expires} />
        </span>
      </header>
      <div className="offer-why">
        <span>{offer.queue_name}</span>
        <span>{named(t, "handover", offer.reason)}</span>
        <span>{t("offer.waited", { time: clock(offer.waited_ms) })}</span>
        {offer.again && <span className="tag good">{t("offer.again")}</span>}
        <Marks brief={offer.brief} wanted={offer} />
      </div>
      <p>{offer.brief.summary}</p>
      <Past brief={offer.brief} />
      <footer>
        {onPhone ? (
          <strong>{t("offer.on_phone")}</strong>
        ) : (
          <Button type="primary" size="large" className="take" loading={busy} onClick={accept}>
            {t(offer.callback ? "callbacks.call" : "offer.accept")} {first && <Key of="accept" />}
          </Button>
        )}
        <Button size="large" danger onClick={decline}>
          {t("offer.decline")} {first && <Key of="decline" />}
        </Button>
      </footer>
    </section>
  );
}
