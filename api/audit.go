package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline/account"
)

// AuditEntry is a line of the record.
type AuditEntry struct {
	ID      int64          `json:"id" doc:"Without gaps, from 1."`
	At      time.Time      `json:"at"`
	Who     string         `json:"who" doc:"Login; key: and the name of an API key; cli: and a user of the machine; empty for a stranger."`
	Action  account.Action `json:"action"`
	Subject string         `json:"subject,omitempty" doc:"Login of whom it was done to, or what else it was done to."`
	Address string         `json:"address,omitempty"`
	Detail  string         `json:"detail,omitempty"`
}

type recordInput struct {
	Before int64 `query:"before" minimum:"0" doc:"Id that the page before ended with; 0 is the end of the record."`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type recordOutput struct {
	Body struct {
		Items []AuditEntry `json:"items" nullable:"false" doc:"The latest first."`
		Next  int64        `json:"next,omitempty" doc:"What to give as before for the next page."`
	}
}

// auditRecord registers the record of who did what.
func (a *API) auditRecord() {
	huma.Register(a.huma, a.operation("list-audit", http.MethodGet, "/audit", "审计记录 Who did what, and when", needAudit), func(ctx context.Context, in *recordInput) (*recordOutput, error) {
		list, err := a.cfg.Accounts.Entries(ctx, in.Before, in.Limit)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &recordOutput{}
		out.Body.Items = make([]AuditEntry, len(list))
		for i, e := range list {
			out.Body.Items[i] = AuditEntry(e)
		}
		if len(list) == in.Limit {
			out.Body.Next = list[in.Limit-1].ID
		}
		return out, nil
	})
}
