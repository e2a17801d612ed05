// Package api is the HTTP interface: conversations in text for browsers and systems, knowledge, flows
// and utterances for those who look after them. It decodes, calls a service and encodes. The
// description by OpenAPI 3.1 is made from the same types that are decoded, and served beside it.
package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
	"github.com/hotline-cc/hotline/store/db"
)

// Base is where all endpoints are.
const Base = "/api/v1"

// Config is what the API needs. Chat, Store, Files and TokenKey are required.
type Config struct {
	Chat      *chat.Host
	Store     *db.DB
	Knowledge *live.Knowledge // nil leaves its endpoints out
	Inbox     *kb.Inbox       // nil leaves its endpoints out
	Kinds     []Kind          // of documents
	Accounts  *account.Book   // nil leaves its endpoints out
	Invite    Inviter         // nil leaves calls from browsers out
	Archive   *Archive        // nil leaves out records and reports
	Callbacks Callbacks       // nil is the desk, without one Store
	Desk      *Desk           // nil leaves its endpoints out; it takes accounts
	Files     string          // folder of attachments; made when it is needed

	TokenKey  []byte        // signs visitors' tokens; at least 32 bytes
	TokenLife time.Duration // of a visitor's token that is not used; 0 is 2 hours
	Visitors  bool          // browsers may begin conversations without a key
	Origins   []string      // pages that may call from another origin, as https://host; "*" is any
	Proxies   []netip.Prefix
	Limits    Limits
	Survey    Survey
	Version   string
	Location  *time.Location // whose days reports are made by; nil is time.Local
	Logger    *slog.Logger
	Now       func() time.Time
}

// API serves requests. It is safe for concurrent use.
type API struct {
	cfg                Config
	log                *slog.Logger
	doors              *doors
	streams            *gauge
	uploads, uploaders *gauge
	heavy              *gauge         // what reads much for one answer
	heard              *recently      // who listens to what
	office             *office        // nil without a desk
	sockets            sync.WaitGroup // a server that ends does not wait for them
	publish            sync.Mutex     // one document is put to use at a time

	streamLife time.Duration
	free       func(dir string) (bytes uint64, err error)
	huma       huma.API
	router     chi.Router
}

// New returns an API. Streams end with the context of the server.
func New(cfg Config) (*API, error) {
	if cfg.Chat == nil || cfg.Store == nil || cfg.Files == "" || len(cfg.TokenKey) < 32 || cfg.Archive != nil && (cfg.Archive.Events == nil || cfg.Archive.Auditor == nil) {
		return nil, hotline.Errorf("make API", hotline.CodeInvalid, "chat, store, files, a token key of 32 bytes, and of an archive events and auditor are needed")
	}
	if cfg.Desk != nil && (!cfg.Desk.complete() || cfg.Accounts == nil) {
		return nil, hotline.Errorf("make API", hotline.CodeInvalid, "a desk takes accounts, a roster, a feed, events and notes")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.TokenLife = cmp.Or(cfg.TokenLife, 2*time.Hour)
	cfg.Survey.Life = cmp.Or(cfg.Survey.Life, 7*24*time.Hour)
	cfg.Version = cmp.Or(cfg.Version, "1")
	if cfg.Location == nil {
		cfg.Location = time.Local
	}
	cfg.Limits = cfg.Limits.orDefaults()
	a := &API{
		cfg: cfg, log: cfg.Logger, doors: newDoors(cfg.Limits), streams: newGauge(cfg.Limits.Streams, streamsEach),
		uploads: newGauge(uploadsTogether, uploadsAtOnce), uploaders: newGauge(uploadsTogether, uploadsFrom), heavy: newGauge(heavyTogether, heavyEach), heard: newRecently(), streamLife: streamLife, free: freeSpace,
	}
	if cfg.Desk != nil {
		a.office = newOffice(cfg.Desk, cfg.Knowledge, cfg.Now)
	}
	sweepUploads(cfg.Files, time.Now().Add(-2*uploadWithin))
	a.route()
	return a, nil
}

// Handler returns everything under /api.
func (a *API) Handler() http.Handler { return a.router }

// Wait returns when the last WebSocket has ended. It is called after the server has.
func (a *API) Wait() { a.sockets.Wait() }

// OpenAPI returns the description as JSON.
func (a *API) OpenAPI() ([]byte, error) { return a.huma.OpenAPI().MarshalJSON() }

func (a *API) route() {
	r := chi.NewRouter()
	r.Use(a.recovered, a.secured, a.CrossOrigin, a.accountsChanged)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, hotline.Errorf("find endpoint", hotline.CodeNotFound, "没有这个地址 no such endpoint"))
	})
	r.MethodNotAllowed(a.methodNotAllowed)
	a.router = r

	description := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Hotline", Version: a.cfg.Version,
				Description: "文字会话、知识库、流程。错误为 RFC 9457 问题文档。\n\nText conversations, knowledge, flows. Errors are RFC 9457 problem documents.",
			},
			Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{
				schemeKey:     {Type: "http", Scheme: "bearer", Description: "API key, made by `hotline key add`."},
				schemeSession: {Type: "http", Scheme: "bearer", BearerFormat: "token", Description: "Token of a person's session, from `POST /session`."},
				schemeSurvey:  {Type: "http", Scheme: "bearer", BearerFormat: "token", Description: "Token of a survey, from the link that asks for a grade."},
				schemeVisitor: {Type: "http", Scheme: "bearer", BearerFormat: "token", Description: "Token of one conversation, from its creation. Streams also take it as the query parameter token."},
			}},
		},
		OpenAPIPath: Base + "/openapi", Formats: map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}, DefaultFormat: "application/json",
		RejectUnknownQueryParameters: true, Transformers: []huma.Transformer{speakable},
	}
	a.huma = humachi.New(r, description)
	a.conversations()
	a.streamEndpoints()
	a.attachments()
	a.knowledge()
	a.documents()
	if a.cfg.Invite != nil {
		a.calls()
	}
	if a.cfg.Accounts != nil {
		a.session()
		a.secondFactor()
		a.users()
		a.auditRecord()
	}
	a.records()
	a.recordings()
	a.surveys()
	a.reports()
	a.callbacks()
	a.canned()
	a.desk()
	a.readingPage()
	a.describeWaits()
	a.describeCodes()
}

// operation describes one endpoint that huma decodes. errs are the errors beyond those that all have.
func (a *API) operation(id, method, path, summary string, n need, errs ...int) huma.Operation {
	op := a.bare(id, method, path, summary, n, errs...)
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		who, err := a.identify(r, n)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if err := emptyParameter(ctx.Operation(), r); err != nil {
			a.refuse(w, r, err)
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(ctx.Operation().BodyReadTimeout + answerWithin)) // else the server's own counts
		next(huma.WithValue(ctx, identityKey{}, who))
	}}
	return op
}

const opParameters = "read parameters"

// emptyParameter tells whether a parameter is there without a value where the description wants one. To
// huma it would not be there.
func emptyParameter(op *huma.Operation, r *http.Request) error {
	for _, p := range op.Parameters {
		if p.In != "query" || !r.URL.Query().Has(p.Name) || r.URL.Query().Get(p.Name) != "" {
			continue
		}
		if p.Schema.Type != huma.TypeString || len(p.Schema.Enum) > 0 || p.Schema.Format != "" {
			return hotline.Errorf(opParameters, hotline.CodeInvalid, "参数 %s 没有值 the parameter has no value", p.Name)
		}
	}
	return nil
}

// unknownParameter tells whether there is a parameter in the address that the description does not have.
func unknownParameter(op *huma.Operation, r *http.Request) error {
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			return hotline.Errorf(opParameters, hotline.CodeInvalid, "没有参数 no such parameter: %.40q", name)
		}
	}
	return nil
}

// bare describes one endpoint.
func (a *API) bare(id, method, path, summary string, n need, errs ...int) huma.Operation {
	errs = append(errs, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusUnprocessableEntity)
	if !n.nobody {
		errs = append(errs, http.StatusForbidden)
	}
	if method != http.MethodGet && method != http.MethodDelete {
		errs = append(errs, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return huma.Operation{
		OperationID: id, Method: method, Path: Base + path, Summary: summary, Tags: []string{n.tag}, Security: n.security(),
		Errors: append(errs, http.StatusUnauthorized), MaxBodyBytes: maxBody, BodyReadTimeout: bodyWithin,
	}
}

// raw registers an endpoint that decodes and encodes by itself, with its description.
func (a *API) raw(op huma.Operation, n need, serve func(http.ResponseWriter, *http.Request, identity)) {
	a.router.MethodFunc(op.Method, op.Path, func(w http.ResponseWriter, r *http.Request) {
		who, err := a.identify(r, n)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if err := errors.Join(unknownParameter(&op, r), emptyParameter(&op, r)); err != nil {
			a.refuse(w, r, err)
			return
		}
		serve(w, r, who)
	})
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	for _, status := range op.Errors {
		op.Responses[statusText(status)] = a.problemResponse(status)
	}
	if !op.Hidden {
		a.huma.OpenAPI().AddOperation(&op)
	}
}

// Bounds of requests.
const (
	maxBody    = 64 << 10 // bytes of a body, where nothing else is said
	maxContent = 1 << 20  // bytes of an entry or a document
	bodyWithin = 15 * time.Second
	// answerWithin is how long an answer may take once the request has been read.
	answerWithin = 45 * time.Second
)

// describeWaits says which answers carry Retry-After.
func (a *API) describeWaits() {
	wait := &huma.Header{Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger}}
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, status := range []string{"429", "503"} {
				if response := op.Responses[status]; response != nil {
					response.Headers = map[string]*huma.Header{"Retry-After": wait}
				}
			}
		}
	}
}

// describeCodes adds the member that a problem document has beyond huma's own.
func (a *API) describeCodes() {
	if model := a.huma.OpenAPI().Components.Schemas.Map()["ErrorModel"]; model != nil {
		model.Properties["code"] = &huma.Schema{Type: huma.TypeString, Description: "Tells programs apart what a status does not."}
	}
}

// Serve runs a server, as listen starts it, until ctx ends, then lets requests finish for a moment.
func Serve(ctx context.Context, server *http.Server, listen func() error) error {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		if server.Shutdown(within) != nil {
			_ = server.Close() // streams that do not end
		}
	})
	err := listen()
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

const finishWithin = 3 * time.Second

// NewServer returns a server that slow and silent clients do not hold up. Requests end with ctx.
func NewServer(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, BaseContext: baseContext(ctx), ErrorLog: nil,
	}
}
