package gateway

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/store/db"
)

// text is the text channel: conversations and the API to them.
type text struct {
	chat *chat.Host
	api  *api.API
}

// OpenStorage opens the database that a configuration names.
func OpenStorage(ctx context.Context, cfg *config.Config) (*db.DB, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, hotline.Errorf("open storage", hotline.CodeUnavailable, "%w", err)
	}
	return db.Open(ctx, db.Config{URL: string(cfg.Storage.URL), Dir: cfg.Data})
}

func (g *Gateway) closeStorage() error {
	if g.store == nil {
		return nil
	}
	return g.store.Close()
}

// openText prepares the text channel; without a listener there is none.
func (g *Gateway) openText() (err error) {
	c := g.cfg
	if !c.HTTP.Listen.IsValid() {
		return nil
	}
	t := &text{}
	cfg := chat.Config{
		Engine: g.engine, Keeper: g.store, Census: g.store, Clerk: g.clerk,
		OnEvent: g.told, Logger: g.log, Idle: c.Chat.Idle, MaxOpen: c.Chat.Open,
	}
	if g.people.desk != nil {
		cfg.Desk = chats{g}
	}
	t.chat, err = chat.New(cfg)
	if err != nil {
		return err
	}
	key, err := api.KeyFile(filepath.Join(c.Data, "token.key"))
	if err != nil {
		return err
	}
	accounts, err := OpenAccounts(c, g.store)
	if err != nil {
		return err
	}
	settings := api.Config{
		Accounts: accounts,
		Chat:     t.chat, Store: g.store, Knowledge: g.content.knowledge, Inbox: g.learner.inbox, Kinds: g.content.kinds(), Files: filepath.Join(c.Data, "attachments"),
		TokenKey: key, TokenLife: c.HTTP.TokenLife, Visitors: c.HTTP.Visitors, Origins: c.HTTP.Origins, Proxies: c.HTTP.TrustedProxies,
		Archive: &api.Archive{Events: g.archive.Events, Recordings: g.archive.recordings, Auditor: accessLog{g.store}, Changed: g.indexer.Touch},
		Limits:  httpLimits(c.HTTP.Limits), Logger: g.log, Survey: api.Survey(c.Survey),
	}
	if g.people.browsers != nil {
		settings.Invite = g.invite
	}
	settings.Desk = g.office()
	t.api, err = api.New(settings)
	g.text = t
	return err
}

// OpenAccounts returns the people who log in. The key in account.key seals their second factors.
func OpenAccounts(c *config.Config, store *db.DB) (*account.Book, error) {
	key, err := api.KeyFile(filepath.Join(c.Data, "account.key"))
	if err != nil {
		return nil, err
	}
	a := c.Accounts
	cfg := account.Config{
		Store: store, Key: key, Idle: a.Idle, Life: a.Life, Sessions: a.Sessions, Failures: a.Failures, AddressFailures: a.AddressFailures, Lock: a.Lock, Issuer: a.Issuer,
		Rules: account.Rules{Length: a.Password.Length, Classes: a.Password.Classes, MaxAge: time.Duration(a.Password.MaxAgeDays) * 24 * time.Hour},
	}
	for _, role := range a.TOTP {
		cfg.TOTP = append(cfg.TOTP, account.Role(role))
	}
	return account.New(cfg)
}

// told is told every event of every conversation, after it is kept.
func (g *Gateway) told(e hotline.Event) {
	g.metrics.Event(e.Body)
	g.learner.note(e)
	g.indexer.Note(e)
	g.people.feed.Tell(e)
	if g.opt.OnEvent != nil {
		g.opt.OnEvent(e)
	}
}

func (g *Gateway) runText(ctx context.Context) error {
	if g.text == nil {
		return nil
	}
	return g.text.chat.Run(ctx)
}

func httpLimits(c config.HTTPLimits) api.Limits {
	of := func(r config.HTTPRate) api.Rate { return api.Rate{PerSecond: r.Rate, Burst: r.Burst} }
	return api.Limits{
		Visitor: of(c.Visitor), Address: of(c.Address), Key: of(c.Key), Person: of(c.Person), LogIn: of(c.LogIn), PerAddress: c.PerAddress, PerVisitor: c.PerVisitor, Streams: c.Streams,
	}
}
