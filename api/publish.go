package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

// DocumentAudit is what was done to a document.
type DocumentAudit struct {
	Version int       `json:"version"`
	Action  db.Action `json:"action" enum:"saved,checked,published,rolled_back,withdrawn,dropped"`
	By      string    `json:"by" doc:"Name of the API key."`
	Note    string    `json:"note,omitempty" doc:"Why, where nobody chose it."`
	At      time.Time `json:"at"`
}

type auditOutput struct {
	Body struct {
		Items []DocumentAudit `json:"items" nullable:"false"`
	}
}

type versionInput struct {
	DocumentPath
	Body struct {
		Version int `json:"version" minimum:"1" maximum:"1000000000"`
	}
}

type diffInput struct {
	DocumentPath
	From int `query:"from" required:"true" minimum:"1" maximum:"1000000000"`
	To   int `query:"to" minimum:"0" maximum:"1000000000" doc:"0 is the latest."`
}

type diffOutput struct{ Body Diff }

// life registers what a version goes through: checked, published, rolled back, withdrawn.
func (a *API) life(k Kind, n need, one string) {
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	check := a.operation("check-"+k.Name, http.MethodPost, one+"/check", "检查 check "+k.Title, n, notFound)
	check.Description = "Says what is wrong with a version. One without an error becomes `checked`."
	huma.Register(a.huma, check, func(ctx context.Context, in *versionInput) (*documentOutput, error) {
		return a.checkDocument(ctx, k, in.ID, in.Body.Version)
	})
	publish := a.operation("publish-"+k.Name, http.MethodPost, one+"/publish", "发布或回退 publish or roll back "+k.Title, n, notFound, conflict)
	publish.Description = "Checks a version and puts it to use; an older one than is published rolls back. One that has errors, or that cannot be put to use, is refused, and the one in use stays."
	huma.Register(a.huma, publish, func(ctx context.Context, in *versionInput) (*documentOutput, error) {
		return a.publishDocument(ctx, k, in.ID, in.Body.Version)
	})
	withdraw := a.operation("withdraw-"+k.Name, http.MethodPost, one+"/withdraw", "撤下 withdraw "+k.Title, n, notFound, conflict)
	withdraw.Description = "Takes the published version out of use, so that what came with the gateway counts again."
	huma.Register(a.huma, withdraw, func(ctx context.Context, in *DocumentPath) (*documentOutput, error) {
		return a.withdrawDocument(ctx, k, in.ID)
	})
	huma.Register(a.huma, a.operation("diff-"+k.Name, http.MethodGet, one+"/diff", "比较两个版本 compare two versions of "+k.Title, n, notFound), func(ctx context.Context, in *diffInput) (*diffOutput, error) {
		from, err := a.cfg.Store.Document(ctx, k.Name, in.ID, in.From)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		to, err := a.cfg.Store.Document(ctx, k.Name, in.ID, in.To)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		return &diffOutput{diffOf(from, to)}, nil
	})
	huma.Register(a.huma, a.operation("audit-"+k.Name, http.MethodGet, one+"/audit", "谁在何时做了什么 who did what, and when", n, notFound), func(ctx context.Context, in *DocumentPath) (*auditOutput, error) {
		return a.auditDocument(ctx, k, in.ID)
	})
}

func (a *API) auditDocument(ctx context.Context, k Kind, id string) (*auditOutput, error) {
	list, err := a.cfg.Store.Audits(ctx, k.Name, id)
	if err == nil && len(list) == 0 {
		_, err = a.cfg.Store.Document(ctx, k.Name, id, 0)
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &auditOutput{}
	out.Body.Items = make([]DocumentAudit, len(list))
	for i, e := range list {
		out.Body.Items[i] = DocumentAudit(e)
	}
	return out, nil
}

func (k Kind) check(d db.Document) []Finding {
	if k.Check == nil {
		return nil
	}
	return k.Check(d.ID, d.Body)
}

func (a *API) checkDocument(ctx context.Context, k Kind, id string, version int) (*documentOutput, error) {
	d, err := a.cfg.Store.Document(ctx, k.Name, id, version)
	if err == nil && refusal(d, k.check(d)) == nil {
		v := db.Version{Kind: k.Name, ID: id, Version: version}
		if err = a.cfg.Store.CheckedDocument(ctx, v, callerOf(ctx).name()); err == nil {
			d, err = a.cfg.Store.Document(ctx, k.Name, id, version)
		}
	}
	return a.document(ctx, k, d, err)
}

func (a *API) publishDocument(ctx context.Context, k Kind, id string, version int) (*documentOutput, error) {
	a.publish.Lock()
	defer a.publish.Unlock()
	ctx = context.WithoutCancel(ctx) // what has begun is finished
	d, err := a.cfg.Store.Document(ctx, k.Name, id, version)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	if refused := refusal(d, k.check(d)); refused != nil {
		return nil, refused
	}
	by := callerOf(ctx).name()
	was, err := a.cfg.Store.PublishDocument(ctx, db.Version{Kind: k.Name, ID: id, Version: version}, by, "")
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	d.Status = db.DocumentPublished
	if err := a.putToUse(ctx, k, d, was); err != nil {
		return nil, a.failed(ctx, err)
	}
	return a.document(ctx, k, d, nil)
}

func (a *API) withdrawDocument(ctx context.Context, k Kind, id string) (*documentOutput, error) {
	a.publish.Lock()
	defer a.publish.Unlock()
	ctx = context.WithoutCancel(ctx)
	was, err := a.cfg.Store.WithdrawDocument(ctx, k.Name, id, callerOf(ctx).name(), "")
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	d, err := a.cfg.Store.Document(ctx, k.Name, id, was)
	if err == nil {
		err = a.putToUse(ctx, k, d, was)
	}
	return a.document(ctx, k, d, err)
}

// putToUse tells of a document that was published or withdrawn. When that is refused the version that
// was published is so again.
func (a *API) putToUse(ctx context.Context, k Kind, d db.Document, was int) error {
	const op = "put document to use"
	if k.Published == nil {
		return nil
	}
	refused := k.Published(ctx, d)
	if refused == nil {
		return nil
	}
	a.log.Warn("document not put to use", "kind", k.Name, "document", d.ID, "version", d.Version, "status", d.Status, "error", refused)
	by, note := callerOf(ctx).name(), fmt.Sprintf("%s %d: %.500s", d.Status, d.Version, refused)
	var err error
	before := d
	switch {
	case was != 0:
		_, err = a.cfg.Store.PublishDocument(ctx, db.Version{Kind: k.Name, ID: d.ID, Version: was}, by, note)
		if err == nil {
			before, err = a.cfg.Store.Document(ctx, k.Name, d.ID, was)
		}
	case d.Status == db.DocumentPublished:
		before.Status = db.DocumentRetired
		_, err = a.cfg.Store.WithdrawDocument(ctx, k.Name, d.ID, by, note)
	}
	if err == nil {
		err = k.Published(ctx, before)
	}
	if err != nil {
		a.log.Error("the version before is not in use again", "kind", k.Name, "document", d.ID, "version", was, "error", err)
	}
	return hotline.Errorf(op, hotline.CodeConflict, "不能启用；正在使用的版本不变 it cannot be put to use, the version in use stays: %w", refused)
}

// refusal returns the findings that keep a version from being published, as a problem document.
func refusal(d db.Document, found []Finding) error {
	p := problemOf(hotline.Errorf("publish", hotline.CodeConflict, "该版本有错误，不能发布；正在使用的版本不变 the version has errors and is not published"))
	for _, f := range found {
		if f.Error {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Message: f.Reason, Location: f.place(d.ID), Value: f})
		}
	}
	if len(p.Errors) == 0 {
		return nil
	}
	return p
}

// place is where something was found, in one line.
func (f Finding) place(document string) string {
	file := cmp.Or(f.File, document)
	if f.Line > 0 {
		file = fmt.Sprintf("%s line %d", file, f.Line)
	}
	return strings.TrimSpace(file + " " + f.Node)
}
