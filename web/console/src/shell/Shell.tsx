import { LockOutlined, LogoutOutlined, SafetyOutlined, UserOutlined } from "../parts/icons";
import { App, Button, Dropdown, Tooltip } from "antd";
import { useState, type ReactNode } from "react";
import { NavLink } from "react-router";
import { PasswordDialog } from "../login/Password";
import { TotpDialog } from "../login/Totp";
import { useLanguage } from "../text";
import { DutyBar } from "./DutyBar";
import type { Page } from "./Pages";
import { useSession } from "./session";
import "./shell.css";
import { Watermark } from "./Watermark";

export function Shell({ pages, onDuty, children }: { pages: Page[]; onDuty: boolean; children: ReactNode }) {
  const { t, locale, switchTo } = useLanguage();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t("skip")}
      </a>
      <nav className="rail" aria-label={t("menu")}>
        <img src="/console/emblem.svg" alt="" width="30" height="30" />
        {pages.map((page) => (
          <NavLink key={page.path} to={"/" + page.path}>
            {page.icon}
            <span>{t(page.word)}</span>
          </NavLink>
        ))}
      </nav>
      <header className="top">
        <strong className="product">{t("product")}</strong>
        {onDuty ? <DutyBar /> : <span className="space" />}
        <Button type="text" size="small" lang={locale === "en" ? "zh-CN" : "en"} onClick={() => switchTo(locale === "en" ? "zh-CN" : "en")}>
          {t("language")}
        </Button>
        <Account />
      </header>
      <main id="content" tabIndex={0}>
        {children}
      </main>
      <Watermark />
    </div>
  );
}

function Account() {
  const { t } = useLanguage();
  const { user, out } = useSession();
  const { modal } = App.useApp();
  const [dialog, setDialog] = useState<"password" | "totp">();
  const leave = () =>
    document.querySelector("[data-talks]")
      ? void modal.confirm({ title: t("account.out"), content: t("account.out.busy"), okText: t("account.out"), onOk: out })
      : void out();
  const items = [
    { key: "password", icon: <LockOutlined />, label: t("account.password"), onClick: () => setDialog("password") },
    { key: "totp", icon: <SafetyOutlined />, label: t("account.totp"), onClick: () => setDialog("totp") },
    { type: "divider" as const },
    { key: "out", icon: <LogoutOutlined />, label: t("account.out"), onClick: leave },
  ];
  return (
    <>
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Tooltip title={user.roles.join(" · ")} placement="bottomRight">
          <Button type="text" icon={<UserOutlined />} aria-label={`${t("account")} ${user.name}`}>
            {user.name}
          </Button>
        </Tooltip>
      </Dropdown>
      <PasswordDialog open={dialog === "password"} close={() => setDialog(undefined)} />
      <TotpDialog open={dialog === "totp"} close={() => setDialog(undefined)} />
    </>
  );
}
