package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// EntryBody is what people write of an entry.
type EntryBody struct {
	Category     string      `json:"category" maxLength:"64" doc:"Id of a leaf of the categories."`
	Question     string      `json:"question" minLength:"1" maxLength:"200"`
	Similar      []string    `json:"similar,omitempty" maxItems:"200" minLength:"1" maxLength:"200" nullable:"false"`
	AnswerText   string      `json:"answer_text,omitempty" maxLength:"5000" doc:"May hold lists and links."`
	AnswerVoice  string      `json:"answer_voice,omitempty" maxLength:"90" doc:"Without links and brackets."`
	ValidFrom    string      `json:"valid_from,omitempty" format:"date" doc:"First day in force."`
	ValidTo      string      `json:"valid_to,omitempty" format:"date" doc:"Last day in force."`
	Regions      []string    `json:"regions,omitempty" maxItems:"200" minLength:"1" maxLength:"64" nullable:"false" doc:"Districts; none is the whole city."`
	Source       string      `json:"source,omitempty" maxLength:"200" doc:"The rule it rests on."`
	Tags         []string    `json:"tags,omitempty" maxItems:"200" minLength:"1" maxLength:"64" nullable:"false"`
	SupersededBy string      `json:"superseded_by,omitempty" maxLength:"64"`
	Audience     kb.Audience `json:"audience,omitempty" enum:"all,person,enterprise,staff"`
	Owner        string      `json:"owner,omitempty" maxLength:"64" doc:"Id of a department; none is the one of the category."`
	Clause       string      `json:"clause,omitempty" maxLength:"5000"`
	Review       string      `json:"review,omitempty" format:"date" doc:"To be looked at again by this day."`
	Status       kb.Status   `json:"status,omitempty" enum:"draft,published,withdrawn" doc:"Only published entries answer. Without: published."`
}

func (b EntryBody) entry(id string) kb.Entry {
	return kb.Entry{
		ID: id, Category: b.Category, Question: b.Question, Similar: b.Similar, AnswerText: b.AnswerText, AnswerVoice: b.AnswerVoice,
		ValidFrom: kb.Day(b.ValidFrom), ValidTo: kb.Day(b.ValidTo), Regions: b.Regions, Source: b.Source, Tags: b.Tags,
		SupersededBy: b.SupersededBy, Audience: b.Audience, Owner: b.Owner, Clause: b.Clause, Review: kb.Day(b.Review), Status: b.Status,
	}
}

// EntryPath names the entry of a request.
type EntryPath struct {
	ID string `path:"entry" pattern:"^[a-z0-9._-]{1,64}$"`
}

type entryOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		kb.Entry
		Problems []kb.Problem `json:"problems,omitempty" doc:"Warnings."`
	}
}

func entryOf(e kb.Entry, problems kb.Problems) *entryOutput {
	out := &entryOutput{ETag: etag(e.Version)}
	out.Body.Entry, out.Body.Problems = e, problems
	return out
}

type entriesInput struct {
	After    string    `query:"after" maxLength:"64" doc:"Id that the page before ended with."`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Category string    `query:"category" maxLength:"64" doc:"Of any level."`
	Status   kb.Status `query:"status" enum:"draft,published,withdrawn"`
	Words    string    `query:"q" maxLength:"100" doc:"Stands in a wording, the answer or the id."`
}

type entriesOutput struct {
	Body struct {
		Items []kb.Entry `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"What to give as after for the next page."`
		Total int        `json:"total" doc:"Entries of the whole base."`
	}
}

type entryCreate struct {
	Body struct {
		ID string `json:"id" pattern:"^[a-z0-9._-]{1,64}$"`
		EntryBody
	}
}

type entryPut struct {
	EntryPath
	BasedOn
	Body EntryBody
}

type categoriesOutput struct {
	Body struct {
		Items []kb.Category `json:"items" nullable:"false" doc:"Parents before children. Entries and work orders belong to leaves."`
	}
}

// below returns a category and all below it.
func (a *API) below(category string) []string {
	list := []string{category}
	if a.cfg.Knowledge == nil {
		return list
	}
	for _, c := range a.cfg.Knowledge.Base().Categories() { // parents first
		if slices.Contains(list, c.Parent) {
			list = append(list, c.ID)
		}
	}
	return list
}

func (a *API) knowledge() {
	if a.cfg.Knowledge == nil {
		return
	}
	const all, one = "/knowledge/entries", "/knowledge/entries/{entry}"
	huma.Register(a.huma, a.operation("list-categories", http.MethodGet, "/knowledge/categories", "事项分类 The tree of categories", needTree), func(context.Context, *struct{}) (*categoriesOutput, error) {
		out := &categoriesOutput{}
		out.Body.Items = append([]kb.Category{}, a.cfg.Knowledge.Base().Categories()...)
		return out, nil
	})
	huma.Register(a.huma, a.operation("list-entries", http.MethodGet, all, "知识条目 List entries", needKnowledge), a.entries)
	create := a.operation("create-entry", http.MethodPost, all, "新增条目 Add an entry", needKnowledge, http.StatusConflict)
	create.DefaultStatus, create.MaxBodyBytes = http.StatusCreated, maxContent
	huma.Register(a.huma, create, func(ctx context.Context, in *entryCreate) (*entryOutput, error) {
		return a.putEntry(ctx, in.Body.entry(in.Body.ID), 0)
	})
	huma.Register(a.huma, a.operation("get-entry", http.MethodGet, one, "读取条目 Get an entry", needKnowledge, http.StatusNotFound), a.entry)
	put := a.operation("put-entry", http.MethodPut, one, "修改条目 Change an entry", needKnowledge, http.StatusNotFound, http.StatusConflict)
	put.MaxBodyBytes = maxContent
	huma.Register(a.huma, put, func(ctx context.Context, in *entryPut) (*entryOutput, error) {
		if _, err := a.entry(ctx, &in.EntryPath); err != nil {
			return nil, err
		}
		return a.putEntry(ctx, in.Body.entry(in.ID), in.version())
	})
	huma.Register(a.huma, a.operation("delete-entry", http.MethodDelete, one, "删除条目 Remove an entry", needKnowledge, http.StatusNotFound, http.StatusConflict), func(ctx context.Context, in *struct {
		EntryPath
		BasedOn
	}) (*struct{}, error) {
		if err := a.cfg.Knowledge.Remove(ctx, in.ID, in.version()); err != nil {
			return nil, a.failed(ctx, semantic(err))
		}
		return nil, nil
	})
	a.exchange()
	a.inbox()
}

func (a *API) entries(_ context.Context, in *entriesInput) (*entriesOutput, error) {
	out := &entriesOutput{}
	out.Body.Items = a.cfg.Knowledge.Page(in.After, in.Limit, in.Category, in.Status, in.Words)
	if out.Body.Items == nil {
		out.Body.Items = []kb.Entry{}
	}
	if n := len(out.Body.Items); n == in.Limit {
		out.Body.Next = out.Body.Items[n-1].ID
	}
	out.Body.Total = a.cfg.Knowledge.Base().Len()
	return out, nil
}

func (a *API) entry(ctx context.Context, in *EntryPath) (*entryOutput, error) {
	e, found := a.cfg.Knowledge.Base().Entry(in.ID)
	if !found {
		return nil, a.failed(ctx, hotline.Errorf("find entry", hotline.CodeNotFound, "没有条目 no entry %s", in.ID))
	}
	return entryOf(e, nil), nil
}

func (a *API) putEntry(ctx context.Context, e kb.Entry, was int) (*entryOutput, error) {
	kept, problems, err := a.cfg.Knowledge.Put(ctx, e, was)
	if err != nil {
		return nil, a.failed(ctx, semantic(err))
	}
	return entryOf(kept, problems), nil
}

// semantic makes what the rules of the knowledge refuse a conflict with it: the request was well formed.
func semantic(err error) error {
	var problems kb.Problems
	if errors.As(err, &problems) {
		return statusError{err, http.StatusConflict}
	}
	return err
}

// fileFormat is how knowledge is written.
type fileFormat struct {
	mediaType string
	read      func(string, io.Reader) ([]kb.Row, kb.Problems)
	write     func(io.Writer, kb.Day, []kb.Entry) error
}

// formats returns them by the name in addresses.
func formats() map[string]fileFormat {
	plain := func(write func(io.Writer, []kb.Entry) error) func(io.Writer, kb.Day, []kb.Entry) error {
		return func(w io.Writer, _ kb.Day, entries []kb.Entry) error { return write(w, entries) }
	}
	readYAML := func(name string, r io.Reader) ([]kb.Row, kb.Problems) {
		doc, problems := kb.ReadYAML(name, r)
		return doc.Rows, problems
	}
	return map[string]fileFormat{
		"yaml": {"application/yaml", readYAML, kb.WriteYAML},
		"csv":  {"text/csv; charset=utf-8", kb.ReadCSV, plain(kb.WriteCSV)},
		"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", kb.ReadXLSX, plain(kb.WriteXLSX)},
	}
}

type exportInput struct {
	Format   string `query:"format" required:"true" enum:"yaml,csv,xlsx"`
	Category string `query:"category" maxLength:"64"`
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

type importInput struct {
	Format  string `query:"format" required:"true" enum:"yaml,csv,xlsx"`
	DryRun  bool   `query:"dry_run" doc:"Report only, and change nothing."`
	RawBody []byte `contentType:"application/octet-stream"`
}

type importOutput struct{ Body kb.Report }

// maxImport is the size of an imported file, in bytes.
const maxImport = 8 << 20

func (a *API) exchange() {
	get := a.operation("export-knowledge", http.MethodGet, "/knowledge/export", "导出 Export all entries", needKnowledge)
	content := map[string]*huma.MediaType{}
	for _, f := range formats() {
		content[f.mediaType] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	get.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: content}}
	huma.Register(a.huma, get, a.export)
	post := a.operation("import-knowledge", http.MethodPost, "/knowledge/import", "导入 Merge a file and report what became of every row", needKnowledge)
	post.MaxBodyBytes, post.BodyReadTimeout = maxImport, uploadWithin
	huma.Register(a.huma, post, a.importFile)
	least := 1
	a.huma.OpenAPI().Paths[post.Path].Post.RequestBody.Content["application/octet-stream"].Schema.MinLength = &least
}

func (a *API) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	base, format := a.cfg.Knowledge.Base(), formats()[in.Format]
	entries := slices.Collect(base.All())
	if in.Category != "" {
		entries = base.In(in.Category)
	}
	var file bytes.Buffer
	if err := format.write(&file, base.AsOf(), entries); err != nil {
		return nil, a.failed(ctx, hotline.Errorf("export", hotline.CodeInternal, "%w", err))
	}
	return &exportOutput{format.mediaType, `attachment; filename="knowledge.` + in.Format + `"`, file.Bytes()}, nil
}

func (a *API) importFile(ctx context.Context, in *importInput) (*importOutput, error) {
	rows, problems := formats()[in.Format].read("upload."+in.Format, bytes.NewReader(in.RawBody))
	report, err := a.cfg.Knowledge.Import(ctx, rows, problems, in.DryRun)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	return &importOutput{report}, nil
}
