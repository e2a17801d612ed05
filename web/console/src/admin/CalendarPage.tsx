import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Segmented } from "antd";
import { useMemo, useState } from "react";
import { get, put } from "../api/client";
import type { Calendar } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import "./admin.css";
import { months, restDays, switched, weekend } from "./calendar";
import { weekdays } from "./hours";

export default function CalendarPage() {
  const t = useText();
  const calendar = useQuery({ queryKey: ["calendar"], queryFn: ({ signal }) => get<Calendar>("/desk/calendar", signal), staleTime: Infinity });
  return <div className="page">{<Fetched of={calendar}>{(data) => <Years kept={data} />}</Fetched>}<p className="quiet">{t("calendar.help")}</p></div>;
}

function Years({ kept }: { kept: Calendar }) {
  const t = useText();
  const queries = useQueryClient();
  const [act, busy] = useAct();
  const [edited, setEdited] = useState(kept);
  const thisYear = new Date().getFullYear();
  const [year, setYear] = useState(thisYear);
  const known = edited.years?.find((y) => y.year === year);
  const rest = useMemo(() => new Set(known && restDays(known)), [known]);
  const work = useMemo(() => new Set(known?.work), [known]);
  const save = () => void act(async () => (await put("/desk/calendar", edited), queries.setQueryData(["calendar"], edited)), t("saved"));
  const kind = (day: string) => (rest.has(day) ? "rest" : work.has(day) ? "work" : weekend(day) ? "weekend" : "");
  return (
    <>
      <header className="head">
        <h1>{t("menu.calendar")}</h1>
        <Segmented aria-label={t("menu.calendar")} value={year} onChange={setYear} options={[thisYear - 1, thisYear, thisYear + 1]} />
        <Button type="primary" disabled={edited === kept} loading={busy} onClick={save}>
          {t("save")}
        </Button>
      </header>
      {!known && <Alert type="warning" showIcon title={t("calendar.missing", { year })} />}
      <div className="calendar">
        {months(year).map((days, month) => (
          <section key={month} className="panel">
            <h2>{t("calendar.month", { month: month + 1 })}</h2>
            <table>
              <thead>
                <tr>
                  {weekdays.map((day) => (
                    <th key={day} scope="col">
                      {t(`day.${day}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {Array.from({ length: Math.ceil(days.length / 7) }, (_, week) => (
                  <tr key={week}>
                    {days.slice(week * 7, week * 7 + 7).map((day, i) => (
                      <td key={day ?? i}>
                        {day && (
                          <button type="button" className={kind(day)} onClick={() => setEdited(switched(edited, day))}>
                            <span className="hidden">{day.slice(0, 8)}</span>
                            {Number(day.slice(8))} <small>{rest.has(day) ? t("calendar.rest") : work.has(day) ? t("calendar.work") : ""}</small>
                          </button>
                        )}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </>
  );
}
