// The pages, who may see them, and the way to each. Every page is a chunk of its own.
import { AuditOutlined, BarChartOutlined, CalendarOutlined, CustomerServiceOutlined, DashboardOutlined, FileSearchOutlined, IdcardOutlined, MessageOutlined, PhoneOutlined, TeamOutlined, UnorderedListOutlined } from "../parts/icons";
import { lazy, Suspense, type ComponentType, type ReactNode } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import type { Role } from "../api/types";
import { DeskProvider } from "../desk/DeskProvider";
import { OfferBar } from "../desk/OfferBar";
import { Skeleton } from "antd";
import type { Word } from "../text";
import { Broken } from "./Broken";
import { mayAny, useSession } from "./session";
import { Shell } from "./Shell";

export interface Page {
  path: string;
  word: Word;
  icon: ReactNode;
  roles: Role[];
  show: ComponentType;
}

const pages: Page[] = [
  { path: "desk", word: "menu.desk", icon: <CustomerServiceOutlined />, roles: ["agent", "supervisor"], show: lazy(() => import("../desk/DeskPage")) },
  { path: "board", word: "menu.board", icon: <DashboardOutlined />, roles: ["supervisor"], show: lazy(() => import("../board/BoardPage")) },
  { path: "callbacks", word: "menu.callbacks", icon: <PhoneOutlined />, roles: ["agent", "supervisor"], show: lazy(() => import("../callbacks/CallbacksPage")) },
  { path: "records", word: "menu.records", icon: <FileSearchOutlined />, roles: ["agent", "supervisor"], show: lazy(() => import("../records/RecordsPage")) },
  { path: "reports", word: "menu.reports", icon: <BarChartOutlined />, roles: ["supervisor"], show: lazy(() => import("../reports/ReportsPage")) },
  { path: "users", word: "menu.users", icon: <TeamOutlined />, roles: ["administrator"], show: lazy(() => import("../admin/UsersPage")) },
  { path: "agents", word: "menu.agents", icon: <IdcardOutlined />, roles: ["administrator"], show: lazy(() => import("../admin/AgentsPage")) },
  { path: "queues", word: "menu.queues", icon: <UnorderedListOutlined />, roles: ["administrator"], show: lazy(() => import("../admin/QueuesPage")) },
  { path: "calendar", word: "menu.calendar", icon: <CalendarOutlined />, roles: ["administrator"], show: lazy(() => import("../admin/CalendarPage")) },
  { path: "canned", word: "menu.canned", icon: <MessageOutlined />, roles: ["supervisor", "knowledge"], show: lazy(() => import("../admin/CannedPage")) },
  { path: "audit", word: "menu.audit", icon: <AuditOutlined />, roles: ["auditor"], show: lazy(() => import("../audit/AuditPage")) },
];

const ReplayPage = lazy(() => import("../records/ReplayPage"));

export function Pages() {
  const { user } = useSession();
  const { pathname } = useLocation();
  const mine = pages.filter((page) => mayAny(user, page.roles));
  const onDuty = mayAny(user, ["agent", "supervisor"]);
  const shell = (
    <Shell pages={mine} onDuty={onDuty}>
      {onDuty && <OfferBar />}
      <Broken key={pathname}>
        <Suspense fallback={<Skeleton active className="page" />}>
          <Routes>
            {mine.map((page) => (
              <Route key={page.path} path={page.path} element={<page.show />} />
            ))}
            {mine.some((page) => page.path === "records") && <Route path="records/:conversation" element={<ReplayPage />} />}
            <Route path="*" element={<Navigate to={"/" + (mine[0]?.path ?? "")} replace />} />
          </Routes>
        </Suspense>
      </Broken>
    </Shell>
  );
  return onDuty ? <DeskProvider>{shell}</DeskProvider> : shell;
}
