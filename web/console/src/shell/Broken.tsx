import { Button, Result } from "antd";
import { Component, type ReactNode } from "react";
import { LanguageContext } from "../text";

// Broken shows something useful where a page fails; calls live on in the gateway and are found again after a reload.
export class Broken extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <LanguageContext.Consumer>
        {(language) =>
          language && (
            <Result
              status="error"
              title={language.t("error.broken")}
              extra={
                <Button type="primary" onClick={() => location.reload()}>
                  {language.t("reload")}
                </Button>
              }
            />
          )
        }
      </LanguageContext.Consumer>
    );
  }
}
