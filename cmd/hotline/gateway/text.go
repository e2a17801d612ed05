package gateway

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store/db"
)

// text is the text channel: conversations, knowledge that changes, and the API to both.
type text struct {
	store     *db.DB
	chat      *chat.Host
	knowledge *live.Knowledge
	learner   *learner
	api       *api.API
}

// OpenStorage opens the database that a configuration names.
func OpenStorage(ctx context.Context, cfg *config.Config) (*db.DB, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, hotline.Errorf("open storage", hotline.CodeUnavailable, "%w", err)
	}
	return db.Open(ctx, db.Config{URL: string(cfg.Storage.URL), Dir: cfg.Data})
}

// openText prepares the text channel; without a listener there is none.
func (g *Gateway) openText() error {
	if !g.cfg.HTTP.Listen.IsValid() {
		return nil
	}
	ctx := context.Background()
	store, err := OpenStorage(ctx, g.cfg)
	if err != nil {
		return err
	}
	g.text = &text{store: store}
	if err := g.fillText(ctx); err != nil {
		return errors.Join(err, g.closeText())
	}
	return nil
}

func (g *Gateway) fillText(ctx context.Context) error {
	t, c := g.text, g.cfg
	pack, err := knowledgePack(c.Dialog.Pack)
	if err != nil {
		return err
	}
	if t.knowledge, err = live.Open(ctx, pack, t.store); err != nil {
		return err
	}
	inbox, err := kb.NewInbox(db.Inbox{DB: t.store}, t.knowledge.Base())
	if err != nil {
		return err
	}
	t.learner = newLearner(inbox, db.Inbox{DB: t.store}, g.log)
	t.chat, err = chat.New(chat.Config{
		Engine: func() dialog.Engine { return g.engine }, Keeper: t.store, Census: t.store, Carrier: g.opt.Carrier,
		OnEvent: g.textEvent, Logger: g.log, Idle: c.Chat.Idle, MaxOpen: c.Chat.Open,
	})
	if err != nil {
		return err
	}
	key, err := api.TokenKey(filepath.Join(c.Data, "token.key"))
	if err != nil {
		return err
	}
	t.api, err = api.New(api.Config{
		Chat: t.chat, Store: t.store, Knowledge: t.knowledge, Inbox: inbox, Kinds: g.kinds(), Files: filepath.Join(c.Data, "attachments"),
		TokenKey: key, TokenLife: c.HTTP.TokenLife, Visitors: c.HTTP.Visitors, Origins: c.HTTP.Origins, Proxies: c.HTTP.TrustedProxies,
		Limits: httpLimits(c.HTTP.Limits), Logger: g.log,
	})
	return err
}

// kinds are the documents that people write, besides knowledge.
func (g *Gateway) kinds() []api.Kind {
	if g.opt.Kinds != nil {
		return g.opt.Kinds
	}
	return []api.Kind{
		{Name: "flows", Title: "流程 flows", Scope: api.ScopeFlows},
		{Name: "utterances", Title: "语料 utterances", Scope: api.ScopeFlows},
	}
}

// textEvent is told every event of a text conversation, after it is kept.
func (g *Gateway) textEvent(e hotline.Event) {
	g.metrics.Event(e.Body)
	g.text.learner.note(e)
	if g.opt.OnEvent != nil {
		g.opt.OnEvent(e)
	}
}

func (g *Gateway) closeText() error {
	if g.text == nil {
		return nil
	}
	return g.text.store.Close()
}

func (g *Gateway) runText(ctx context.Context) error {
	if g.text == nil {
		return nil
	}
	return g.text.chat.Run(ctx)
}

func (g *Gateway) runLearner(ctx context.Context) error {
	if g.text == nil {
		return nil
	}
	return g.text.learner.run(ctx)
}

// knowledgePack reads the knowledge beside a dialog; a pack without any has none.
func knowledgePack(path string) (*kb.Base, error) {
	files, dir := fs.FS(packs.Yunzhou), "yunzhou"
	if path != "" {
		if stat, err := os.Stat(path); err == nil && !stat.IsDir() {
			path = filepath.Dir(path)
		}
		files, dir = os.DirFS(path), "."
		if _, err := fs.Stat(files, kb.EntriesFile); errors.Is(err, fs.ErrNotExist) {
			base, problems := kb.NewBase(kb.Content{})
			return base, problems.Err()
		}
	}
	base, _, problems := kb.LoadDir(files, dir)
	if err := problems.Err(); err != nil {
		return nil, hotline.Errorf("dialog.pack", hotline.CodeInvalid, "知识库有错 the knowledge has errors:\n%w", err)
	}
	return base, nil
}

func httpLimits(c config.HTTPLimits) api.Limits {
	of := func(r config.HTTPRate) api.Rate { return api.Rate{PerSecond: r.Rate, Burst: r.Burst} }
	return api.Limits{
		Visitor: of(c.Visitor), Address: of(c.Address), Key: of(c.Key), PerAddress: c.PerAddress, PerVisitor: c.PerVisitor, Streams: c.Streams,
	}
}
