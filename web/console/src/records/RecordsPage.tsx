import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, DatePicker, Form, Input, Result, Select, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useNavigate } from "react-router";
import { get, query } from "../api/client";
import type { Outcome } from "../api/types";
import { Caller } from "../parts/Caller";
import { useCategories } from "../parts/categories";
import { CategorySelect } from "../parts/CategorySelect";
import { useNames } from "../parts/names";
import { explain } from "../parts/problem";
import { clock, moment } from "../parts/time";
import { useText } from "../text";
import "./records.css";

interface Filter {
  period?: [Dayjs, Dayjs] | null;
  channel?: string;
  outcome?: string;
  queue?: string;
  agent?: string;
  category?: string;
  caller?: string;
  q?: string;
}

const channels = ["phone", "web", "chat"] as const;
const outcomes = ["answered", "abandoned", "bot", "refused", "callback", "message", "returned"] as const;
const colour: Partial<Record<NonNullable<Outcome["outcome"]>, string>> = { answered: "good", abandoned: "bad", refused: "bad", callback: "warn", message: "warn" };
const byName = { optionFilterProp: "label" };
const atOnce = 50;
const lastDays = (n: number): [Dayjs, Dayjs] => [dayjs().subtract(n, "day"), dayjs()];

export default function RecordsPage() {
  const t = useText();
  const go = useNavigate();
  const names = useNames();
  const categories = useCategories();
  const [filter, setFilter] = useState<Filter>({ period: lastDays(6) });
  const found = useInfiniteQuery({
    queryKey: ["records", filter],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const { period, ...rest } = filter;
      const params = { from: period?.[0].startOf("day").toISOString(), to: period?.[1].endOf("day").toISOString(), ...rest, before: pageParam, limit: atOnce };
      return get<{ items: Outcome[]; next?: string }>("/records" + query(params), signal);
    },
    getNextPageParam: (last) => last.next || undefined,
  });
  const any = (values: readonly string[], label: (v: never) => string) => values.map((value) => ({ value, label: label(value as never) }));
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.records")}</h1>
      </header>
      <Form<Filter> className="panel filter" layout="inline" initialValues={filter} onFinish={(v) => setFilter({ ...v })}>
        <Form.Item name="period" label={t("records.period")}>
          <DatePicker.RangePicker presets={[6, 29, 89].map((n) => ({ label: `${n + 1}d`, value: lastDays(n) }))} />
        </Form.Item>
        <Form.Item name="channel" label={t("records.channel")}>
          <Select allowClear placeholder={t("records.any")} options={any(channels, (v) => t(`channel.${v as (typeof channels)[number]}`))} />
        </Form.Item>
        <Form.Item name="outcome" label={t("records.outcome")}>
          <Select allowClear placeholder={t("records.any")} options={any(outcomes, (v) => t(`outcome.${v as (typeof outcomes)[number]}`))} />
        </Form.Item>
        <Form.Item name="queue" label={t("records.queue")}>
          <Select allowClear showSearch={byName} placeholder={t("records.any")} options={names.queues} />
        </Form.Item>
        <Form.Item name="agent" label={t("records.agent")}>
          <Select allowClear showSearch={byName} placeholder={t("records.any")} options={names.agents} />
        </Form.Item>
        <Form.Item name="category" label={t("order.category")} className="wide">
          <CategorySelect anyLevel allowClear placeholder={t("records.any")} />
        </Form.Item>
        <Form.Item name="caller" label={t("records.caller")}>
          <Input allowClear inputMode="tel" />
        </Form.Item>
        <Form.Item name="q" label={t("records.words")}>
          <Input allowClear />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={found.isFetching}>
          {t("records.search")}
        </Button>
      </Form>
      {found.isError ? (
        <Result status="warning" title={explain(t, found.error)} extra={<Button onClick={() => void found.refetch()}>{t("retry")}</Button>} />
      ) : (
        <Table<Outcome>
          size="middle"
          rowKey="conversation"
          loading={found.isLoading}
          dataSource={found.data?.pages.flatMap((page) => page.items)}
          pagination={false}
          columns={[
            { title: t("records.started"), width: 110, render: (_, r) => <span className="digits">{moment(r.started)}</span> },
            { title: t("records.channel"), render: (_, r) => t(`channel.${r.channel}`) },
            { title: t("records.caller"), width: 150, render: (_, r) => <Caller number={r.caller} conversation={r.conversation} place={r.place} /> },
            { title: t("records.queue"), render: (_, r) => names.queue(r.queue) },
            { title: t("records.agent"), render: (_, r) => names.agent(r.agent) },
            { title: t("records.outcome"), render: (_, r) => <span className={"tag " + ((r.outcome && colour[r.outcome]) ?? "")}>{t(`outcome.${r.outcome ?? "open"}`)}</span> },
            { title: t("records.waited"), align: "right", render: (_, r) => r.waited_ms !== undefined && <span className="digits">{clock(r.waited_ms)}</span> },
            { title: t("records.talked"), align: "right", render: (_, r) => r.talked_ms !== undefined && <span className="digits">{clock(r.talked_ms)}</span> },
            { title: t("records.rating"), align: "right", dataIndex: "rating" },
            {
              title: t("records.summary"),
              ellipsis: true,
              width: "24%",
              render: (_, r) => (
                <>
                  {r.category && <span className="tag" title={categories.path(r.category)}>{categories.find(r.category)?.name ?? r.category}</span>} {r.summary}
                </>
              ),
            },
            {
              key: "do",
              render: (_, r) => (
                <Button size="small" onClick={() => void go("/records/" + encodeURIComponent(r.conversation))}>
                  {t("records.open")}
                </Button>
              ),
            },
          ]}
        />
      )}
      {found.hasNextPage && (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </div>
  );
}
