package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// ClusterPath names the cluster of a request.
type ClusterPath struct {
	ID int64 `path:"cluster" minimum:"1" maximum:"1000000000"`
}

type inboxOutput struct {
	Body struct {
		Items []kb.Cluster `json:"items" nullable:"false"`
	}
}

type promoteInput struct {
	ClusterPath
	Body struct {
		Entry    string `json:"entry,omitempty" pattern:"^[a-z0-9._-]{0,64}$" doc:"Entry that gets the wordings; none makes a draft of a new one."`
		Category string `json:"category,omitempty" maxLength:"64" doc:"Of the new entry."`
	}
}

func (a *API) inbox() {
	if a.cfg.Inbox == nil {
		return
	}
	const all, one = "/knowledge/inbox", "/knowledge/inbox/{cluster}"
	huma.Register(a.huma, a.operation("list-inbox", http.MethodGet, all, "未答问题 Questions without an answer", needKnowledge), a.clusters)
	huma.Register(a.huma, a.operation("promote-question", http.MethodPost, one+"/promote", "转为条目 Make it an entry", needKnowledge, http.StatusNotFound, http.StatusConflict), a.promote)
	huma.Register(a.huma, a.operation("dismiss-question", http.MethodPost, one+"/dismiss", "忽略 Put it aside", needKnowledge, http.StatusNotFound, http.StatusConflict), a.dismiss)
}

func (a *API) clusters(_ context.Context, in *struct {
	State kb.ClusterState `query:"state" enum:"open,promoted,dismissed" default:"open"`
	Limit int             `query:"limit" minimum:"1" maximum:"2000" default:"100"`
}) (*inboxOutput, error) {
	out := &inboxOutput{}
	list := a.cfg.Inbox.Clusters(in.State)
	out.Body.Items = append([]kb.Cluster{}, list[:min(in.Limit, len(list))]...)
	return out, nil
}

// promote saves an entry made of a cluster. What would be refused is found before the cluster is settled.
func (a *API) promote(ctx context.Context, in *promoteInput) (*entryOutput, error) {
	const op = "promote question"
	base, was := a.cfg.Knowledge.Base(), 0
	if e, found := base.Entry(in.Body.Entry); found {
		was = e.Version
	}
	if c, found := base.Category(in.Body.Category); in.Body.Entry == "" && (!found || !c.Leaf) {
		return nil, a.failed(ctx, hotline.Errorf(op, hotline.CodeConflict, "没有这个叶子类别 no such leaf category: %.64q", in.Body.Category))
	}
	e, err := a.cfg.Inbox.Promote(in.ID, base, in.Body.Entry, in.Body.Category, callerOf(ctx).name())
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	return a.putEntry(ctx, e, was)
}

func (a *API) dismiss(ctx context.Context, in *ClusterPath) (*struct{}, error) {
	if err := a.cfg.Inbox.Dismiss(in.ID, callerOf(ctx).name()); err != nil {
		return nil, a.failed(ctx, err)
	}
	return nil, nil
}
