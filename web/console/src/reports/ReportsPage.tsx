import { DownloadOutlined } from "../parts/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Input, Segmented, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { get, query, raw } from "../api/client";
import type { Indicator, Report, ReportRow } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { named, useLanguage, useText, type Text } from "../text";
import { DayChart } from "./DayChart";
import "./reports.css";

const spans = { today: 0, week: 6, month: 29 } as const;
type Span = keyof typeof spans;

export default function ReportsPage() {
  const t = useText();
  const [act, busy] = useAct();
  const [period, setPeriod] = useState<[Dayjs, Dayjs]>([dayjs().subtract(spans.week, "day"), dayjs()]);
  const [queue, setQueue] = useState("");
  const params = query({ from: period[0].startOf("day").toISOString(), to: period[1].endOf("day").toISOString(), queue });
  const report = useQuery({ queryKey: ["reports", params], queryFn: ({ signal }) => get<Report>("/reports" + params, signal), placeholderData: (old) => old });
  const chosen = (Object.keys(spans) as Span[]).find((s) => period[1].isSame(dayjs(), "day") && period[0].isSame(dayjs().subtract(spans[s], "day"), "day"));
  const save = () =>
    void act(async () => {
      const url = URL.createObjectURL(await (await raw("GET", "/reports/export.xlsx" + params)).blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = `hotline-${period[0].format("YYYYMMDD")}-${period[1].format("YYYYMMDD")}.xlsx`;
      link.click();
      URL.revokeObjectURL(url);
    });
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.reports")}</h1>
        <Segmented<Span | "">
          aria-label={t("reports.period")}
          value={chosen ?? ""}
          onChange={(s) => s && setPeriod([dayjs().subtract(spans[s], "day"), dayjs()])}
          options={(Object.keys(spans) as Span[]).map((value) => ({ value, label: t(`reports.${value}`) }))}
        />
        <DatePicker.RangePicker allowClear={false} value={period} onChange={(v) => v?.[0] && v[1] && setPeriod([v[0], v[1]])} aria-label={t("reports.period")} />
        <Input allowClear className="report-queue" placeholder={t("reports.queue")} aria-label={t("reports.queue")} onPressEnter={(e) => setQueue(e.currentTarget.value.trim())} onBlur={(e) => setQueue(e.currentTarget.value.trim())} />
        <Button icon={<DownloadOutlined />} loading={busy} onClick={save}>
          {t("reports.export")}
        </Button>
      </header>
      <Fetched of={report}>
        {(data) => (
          <>
            <section className="indicators" aria-label={t("reports.indicators")}>
              {data.rows.map((row) => (
                <IndicatorCard key={row.id} row={row} />
              ))}
            </section>
            <section className="panel">
              <h2>{t("reports.days")}</h2>
              <DayChart series={data.series} share={data.rows.find((row) => row.id === "answered_15s")} />
              <Rows first="day" title={t("reports.day")} rows={data.series} indicators={data.rows} />
            </section>
            <div className="report-halves">
              <section className="panel">
                <h2>{t("reports.by_queue")}</h2>
                <Rows first="name" title={t("reports.name")} rows={data.by_queue} indicators={data.rows} />
              </section>
              <section className="panel">
                <h2>{t("reports.by_agent")}</h2>
                <Rows first="name" title={t("reports.name")} rows={data.by_agent} indicators={data.rows} />
              </section>
            </div>
          </>
        )}
      </Fetched>
    </div>
  );
}

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

function shown(t: Text, unit: Indicator["unit"], value: number | null): string {
  if (value === null) return "–";
  if (unit === "ratio") return percent(value);
  if (unit === "seconds") return t("reports.seconds", { n: value.toFixed(1) });
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

// IndicatorCard never shows a number without saying what it counts.
function IndicatorCard({ row }: { row: Indicator }) {
  const { t, locale } = useLanguage();
  const en = locale === "en";
  const missed = row.target !== undefined && row.value !== null && row.value < row.target;
  return (
    <article className="panel indicator">
      <h3>{en ? row.name_en : row.name}</h3>
      <div>
        <strong className={"digits" + (missed ? " hot" : "")}>{shown(t, row.unit, row.value)}</strong>
        {row.unit === "ratio" && row.value !== null && <span className="quiet digits">{t("reports.of", { n: row.numerator, d: row.denominator })}</span>}
        {row.target !== undefined && <span className={"tag " + (missed ? "bad" : "good")}>{t("reports.target", { target: percent(row.target) })}</span>}
      </div>
      {row.value === null && row.why && <p>{en ? row.why_en : row.why}</p>}
      <p>
        {en ? row.definition_en : row.definition} {row.excluded ? t("reports.excluded", { n: row.excluded }) : ""} {row.standard && <span className="tag">{row.standard}</span>}
      </p>
    </article>
  );
}

// The columns of the tables; the workbook has all.
const columns = ["conversations", "requests", "answered", "abandoned", "short_abandoned", "answered_15s", "abandon_rate", "wait_avg", "talk_avg", "satisfaction"];

function Rows({ first, title, rows, indicators }: { first: string; title: string; rows: ReportRow[]; indicators: Indicator[] }) {
  const { t, locale } = useLanguage();
  const head = (name: string, of?: Indicator) => (of ? (locale === "en" ? of.name_en : of.name) : named(t, "column", name));
  const cell = (value: ReportRow[string] | undefined, of?: Indicator) => (typeof value === "number" && of ? shown(t, of.unit, value) : (value ?? "–"));
  return (
    <Table<ReportRow>
      size="small"
      rowKey={(row) => String(row.id ?? row[first])}
      dataSource={rows}
      scroll={{ x: "max-content" }}
      pagination={{ pageSize: 10, hideOnSinglePage: true, size: "small" }}
      columns={[
        { title, key: first, render: (_, row) => row[first] ?? row.id },
        ...columns
          .filter((name) => rows.some((row) => row[name] !== undefined))
          .map((name) => {
            const of = indicators.find((i) => i.id === name);
            return {
              title: head(name, of),
              key: name,
              align: "right" as const,
              render: (_: unknown, row: ReportRow) => <span className="digits">{cell(row[name], of)}</span>,
              sorter: (a: ReportRow, b: ReportRow) => Number(a[name]) - Number(b[name]),
            };
          }),
      ]}
    />
  );
}
