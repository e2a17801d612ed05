import { DownloadOutlined } from "../parts/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Input, Segmented, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { get, query, raw } from "../api/client";
import type { Indicator, Report } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { named, useText, type Text } from "../text";
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
              <DayChart series={data.series} />
              <Rows first="day" title={t("reports.day")} rows={data.series} />
            </section>
            <div className="report-halves">
              <section className="panel">
                <h2>{t("reports.by_queue")}</h2>
                <Rows first="name" title={t("reports.name")} rows={data.by_queue} />
              </section>
              <section className="panel">
                <h2>{t("reports.by_agent")}</h2>
                <Rows first="name" title={t("reports.name")} rows={data.by_agent} />
              </section>
            </div>
          </>
        )}
      </Fetched>
    </div>
  );
}

function shown(t: Text, row: Indicator): string {
  if (row.denominator === 0) return "–";
  if (row.unit === "ratio") return `${(row.value * 100).toFixed(1)}%`;
  if (row.unit === "seconds") return t("reports.seconds", { n: row.value.toFixed(1) });
  return Number.isInteger(row.value) ? String(row.value) : row.value.toFixed(2);
}

// IndicatorCard never shows a number without saying what it counts.
function IndicatorCard({ row }: { row: Indicator }) {
  const t = useText();
  return (
    <article className="panel indicator">
      <h3>{row.name}</h3>
      <div>
        <strong className="digits">{shown(t, row)}</strong>
        {row.unit === "ratio" && row.denominator !== undefined && <span className="quiet digits">{t("reports.of", { n: row.numerator ?? 0, d: row.denominator })}</span>}
      </div>
      <p>
        {row.definition} {row.standard && <span className="tag">{row.standard}</span>}
      </p>
    </article>
  );
}

type Row = Record<string, number | string>;

const cell = (name: string, value: number | string | undefined) => {
  if (typeof value !== "number") return value ?? "–";
  if (name === "answered_15s") return `${(value * 100).toFixed(1)}%`;
  return Number.isInteger(value) ? value : value.toFixed(1);
};

function Rows({ first, title, rows }: { first: string; title: string; rows: Row[] }) {
  const t = useText();
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== first && name !== "id");
  return (
    <Table<Row>
      size="small"
      rowKey={(row) => String(row.id ?? row[first])}
      dataSource={rows}
      pagination={{ pageSize: 10, hideOnSinglePage: true, size: "small" }}
      columns={[
        { title, dataIndex: first },
        ...names.map((name) => ({
          title: named(t, "column", name),
          key: name,
          align: "right" as const,
          render: (_: unknown, row: Row) => <span className="digits">{cell(name, row[name])}</span>,
          sorter: (a: Row, b: Row) => Number(a[name]) - Number(b[name]),
        })),
      ]}
    />
  );
}
