import "../admin/admin.css";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Result, Table } from "antd";
import { get, query } from "../api/client";
import type { AuditEntry } from "../api/types";
import { explain } from "../parts/problem";
import { moment } from "../parts/time";
import { useText } from "../text";

const atOnce = 100;

// AuditPage lists who did what, newest first. Nothing in it can be changed.
export default function AuditPage() {
  const t = useText();
  const found = useInfiniteQuery({
    queryKey: ["audit"],
    initialPageParam: "" as string | number,
    queryFn: ({ pageParam, signal }) => get<{ items: AuditEntry[]; next?: string | number }>("/audit" + query({ before: pageParam, limit: atOnce }), signal),
    getNextPageParam: (last) => last.next || undefined,
  });
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.audit")}</h1>
      </header>
      {found.isError ? (
        <Result status="warning" title={explain(t, found.error)} extra={<Button onClick={() => void found.refetch()}>{t("retry")}</Button>} />
      ) : (
        <Table<AuditEntry>
          size="middle"
          rowKey="id"
          loading={found.isLoading}
          dataSource={found.data?.pages.flatMap((page) => page.items)}
          pagination={false}
          columns={[
            { title: t("audit.at"), render: (_, e) => <span className="digits">{moment(e.at)}</span> },
            { title: t("audit.who"), dataIndex: "who" },
            { title: t("audit.action"), render: (_, e) => <span className="tag">{e.action}</span> },
            { title: t("audit.subject"), dataIndex: "subject" },
            { title: t("audit.address"), dataIndex: "address" },
            { title: t("audit.detail"), render: (_, e) => e.detail !== undefined && <pre className="audit-detail">{typeof e.detail === "string" ? e.detail : JSON.stringify(e.detail)}</pre> },
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
