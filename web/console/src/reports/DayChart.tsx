import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { Indicator, Report } from "../api/types";
import { useLanguage } from "../text";

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

// DayChart draws calls by day as bars, and the share that was answered in time as a line. The table below says the same.
export function DayChart({ series, share }: { series: Report["series"]; share?: Indicator }) {
  const { t, locale } = useLanguage();
  const name = (locale === "en" ? share?.name_en : share?.name) ?? "";
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const chart = init(box.current);
    const values = (name: string) => series.map((row) => (typeof row[name] === "number" ? row[name] : null));
    const bar = (name: "answered" | "abandoned", color: string) => ({ name: t(`column.${name}`), type: "bar", stack: "calls", data: values(name), itemStyle: { color }, barMaxWidth: 36 });
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 48, right: 56, top: 36, bottom: 28 },
      legend: { top: 0, textStyle: { color: "#1b2430" } },
      // Rich text, since the content security policy lets no style inside of HTML in.
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: "category", data: series.map((row) => row.day), axisLabel: { color: "#56616f" } },
      yAxis: [
        { type: "value", minInterval: 1, axisLabel: { color: "#56616f" } },
        { type: "value", min: 0, max: 1, splitLine: { show: false }, axisLabel: { color: "#56616f", formatter: (v: number) => `${v * 100}%` } },
      ],
      series: [
        bar("answered", "#4a86cf"),
        bar("abandoned", "#d98b93"),
        {
          name,
          type: "line",
          yAxisIndex: 1,
          data: values("answered_15s"),
          itemStyle: { color: "#1f7a3d" },
          tooltip: { valueFormatter: (v: unknown) => (typeof v === "number" ? `${(v * 100).toFixed(1)}%` : "–") },
        },
      ],
    });
    const fit = () => chart.resize();
    addEventListener("resize", fit);
    return () => {
      removeEventListener("resize", fit);
      chart.dispose();
    };
  }, [series, name, t]);
  return <div ref={box} className="day-chart" role="img" aria-label={t("reports.days")} />;
}
