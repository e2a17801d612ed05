package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline/store/db"
)

// Kind is a kind of documents, with what is special about it.
type Kind struct {
	Name  string // in addresses: flows, utterances
	Title string // 流程 flow
	Scope string
	// Check finds what is wrong with a body. A draft may have errors; a version with an error is not
	// published. It may be nil.
	Check func(id, body string) []Finding
	// Published is told of every version that is published or withdrawn, after that is kept: the status
	// says which. On an error what was published before is published again, and Published is told
	// of that. It may be nil.
	Published func(context.Context, db.Document) error
}

// Finding is something found in a document.
type Finding struct {
	File   string `json:"file,omitempty" doc:"Where it is, when that is not the document itself."`
	Line   int    `json:"line,omitempty" minimum:"0"`
	Node   string `json:"node,omitempty" doc:"Where in the document, in its own words."`
	Error  bool   `json:"error" doc:"It keeps the version from being published."`
	Reason string `json:"reason"`
}

// Document is a version of a flow or a list of utterances.
type Document struct {
	ID       string            `json:"id"`
	Version  int               `json:"version"`
	Status   db.DocumentStatus `json:"status" enum:"draft,checked,published,retired"`
	Author   string            `json:"author,omitempty"`
	At       time.Time         `json:"at"`
	Body     string            `json:"body,omitempty"`
	Problems []Finding         `json:"problems,omitempty"`
}

// DocumentPath names the document of a request.
type DocumentPath struct {
	ID string `path:"doc" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"Small letters, digits, . _ -"`
}

type documentOutput struct {
	ETag string `header:"ETag"`
	Body Document
}

type documentsOutput struct {
	Body struct {
		Items []Document `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"What to give as after for the next page."`
	}
}

type documentPage struct {
	After string `query:"after" maxLength:"64" pattern:"^[a-z0-9._-]*$" doc:"Id that the page before ended with."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// DocumentBody is what a document holds.
type DocumentBody struct {
	Body string `json:"body" maxLength:"500000" pattern:"^[^\\x00]*$" doc:"The whole text."`
}

type documentCreate struct {
	Body struct {
		ID string `json:"id" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
		DocumentBody
	}
}

type documentPut struct {
	DocumentPath
	BasedOn
	Body DocumentBody
}

// BasedOn names the version that a change rests on.
type BasedOn struct {
	Tag string `header:"If-Match" required:"true" pattern:"^\"[1-9][0-9]{0,8}\"$" doc:"ETag of the version that the change rests on."`
}

func (m BasedOn) version() int {
	n, _ := strconv.Atoi(strings.Trim(m.Tag, `"`)) // the pattern says it is one
	return n
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

func (a *API) documents() {
	for _, k := range a.cfg.Kinds {
		a.kind(k)
	}
}

// kind registers the endpoints of one kind of documents.
func (a *API) kind(k Kind) {
	n, all, one := need{tag: k.Name, scopes: []string{k.Scope}}, "/"+k.Name, "/"+k.Name+"/{doc}"
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	huma.Register(a.huma, a.operation("list-"+k.Name, http.MethodGet, all, "列出"+k.Title, n), func(ctx context.Context, in *documentPage) (*documentsOutput, error) {
		list, err := a.cfg.Store.Documents(ctx, k.Name, in.After, in.Limit)
		return a.page(ctx, list, in.Limit, err)
	})
	create := a.operation("create-"+k.Name, http.MethodPost, all, "新建"+k.Title, n, conflict)
	create.DefaultStatus, create.MaxBodyBytes = http.StatusCreated, maxContent
	huma.Register(a.huma, create, func(ctx context.Context, in *documentCreate) (*documentOutput, error) {
		return a.putDocument(ctx, k, in.Body.ID, in.Body.Body, 0)
	})
	huma.Register(a.huma, a.operation("get-"+k.Name, http.MethodGet, one, "读取"+k.Title, n, notFound), func(ctx context.Context, in *struct {
		DocumentPath
		Version int `query:"version" minimum:"0" maximum:"1000000000" doc:"0 is the latest."`
	}) (*documentOutput, error) {
		doc, err := a.cfg.Store.Document(ctx, k.Name, in.ID, in.Version)
		return a.document(ctx, k, doc, err)
	})
	put := a.operation("put-"+k.Name, http.MethodPut, one, "保存新版本 save a version of "+k.Title, n, notFound, conflict)
	put.MaxBodyBytes = maxContent
	huma.Register(a.huma, put, func(ctx context.Context, in *documentPut) (*documentOutput, error) {
		if _, err := a.cfg.Store.Document(ctx, k.Name, in.ID, 0); err != nil {
			return nil, a.failed(ctx, err)
		}
		return a.putDocument(ctx, k, in.ID, in.Body.Body, in.version())
	})
	huma.Register(a.huma, a.operation("delete-"+k.Name, http.MethodDelete, one, "删除"+k.Title, n, notFound, conflict), func(ctx context.Context, in *struct {
		DocumentPath
		BasedOn
	}) (*struct{}, error) {
		if err := a.cfg.Store.DropDocument(ctx, k.Name, in.ID, in.version(), callerOf(ctx).name()); err != nil {
			return nil, a.failed(ctx, err)
		}
		return nil, nil
	})
	huma.Register(a.huma, a.operation("list-"+k.Name+"-versions", http.MethodGet, one+"/versions", "历史版本 versions of "+k.Title, n, notFound), func(ctx context.Context, in *DocumentPath) (*documentsOutput, error) {
		list, err := a.cfg.Store.Versions(ctx, k.Name, in.ID)
		if err == nil && len(list) == 0 {
			_, err = a.cfg.Store.Document(ctx, k.Name, in.ID, 0)
		}
		return a.page(ctx, list, len(list)+1, err)
	})
	a.life(k, n, one)
}

func (a *API) page(ctx context.Context, list []db.Document, limit int, err error) (*documentsOutput, error) {
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &documentsOutput{}
	out.Body.Items = make([]Document, len(list))
	for i, d := range list {
		out.Body.Items[i] = shown(d)
		out.Body.Items[i].Body = ""
	}
	if len(list) == limit {
		out.Body.Next = list[limit-1].ID
	}
	return out, nil
}

func shown(d db.Document) Document {
	return Document{ID: d.ID, Version: d.Version, Status: d.Status, Author: d.Author, At: d.At, Body: d.Body}
}

func (a *API) document(ctx context.Context, k Kind, d db.Document, err error) (*documentOutput, error) {
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &documentOutput{ETag: etag(d.Version), Body: shown(d)}
	if k.Check != nil {
		out.Body.Problems = k.Check(d.ID, d.Body)
	}
	return out, nil
}

func (a *API) putDocument(ctx context.Context, k Kind, id, body string, was int) (*documentOutput, error) {
	d, err := a.cfg.Store.PutDocument(ctx, db.Document{Kind: k.Name, ID: id, Body: body, Author: callerOf(ctx).name()}, was)
	return a.document(ctx, k, d, err)
}
