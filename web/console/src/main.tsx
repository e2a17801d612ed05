import { createCache, legacyLogicalPropertiesTransformer, StyleProvider } from "@ant-design/cssinjs";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as Messages, ConfigProvider } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { StrictMode, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { Problem } from "./api/client";
import { App } from "./app";
import { nonce } from "./nonce";
import "./style.css";
import { firstLocale, keepLocale, LanguageContext, say, type Language, type Locale } from "./text";
import { theme } from "./theme";

const styles = createCache();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the gateway refused it will refuse again.
      retry: (count, e) => count < 2 && (!(e instanceof Problem) || e.status === 0 || e.status >= 500),
    },
  },
});

function Console() {
  const [locale, setLocale] = useState<Locale>(firstLocale);
  const language = useMemo<Language>(
    () => ({
      locale,
      t: (word, values) => say(locale, word, values),
      switchTo: (next) => {
        keepLocale(next);
        setLocale(next);
      },
    }),
    [locale],
  );
  useEffect(() => {
    document.documentElement.lang = locale;
    document.title = say(locale, "product");
    dayjs.locale(locale === "en" ? "en" : "zh-cn");
  }, [locale]);
  return (
    <LanguageContext.Provider value={language}>
      {/* Without :where() and logical properties, which Chromium 86 does not know. */}
      <StyleProvider cache={styles} hashPriority="high" transformers={[legacyLogicalPropertiesTransformer]}>
        <ConfigProvider locale={locale === "en" ? en : zh} theme={theme} csp={{ nonce }} wave={{ disabled: true }} button={{ autoInsertSpace: false }}>
          <Messages className="messages">
            <App />
          </Messages>
        </ConfigProvider>
      </StyleProvider>
    </LanguageContext.Provider>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <BrowserRouter basename="/console">
        <Console />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
