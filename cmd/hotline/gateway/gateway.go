// Package gateway puts the parts of Hotline together: it answers calls with the dialog of a pack, the
// speech process and the recorder, and keeps the log, the call records and the metrics.
//
//	sip ─Leg─► call ─► asr ─► dialog ─► tts cache ─► call ─► sip
//	            └► record, store, metrics
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/media/vad"
	"github.com/hotline-cc/hotline/metrics"
	"github.com/hotline-cc/hotline/models"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// Options are what a Gateway is given besides its configuration. The zero value is that of
// "hotline serve".
type Options struct {
	Logger *slog.Logger
	// Engine takes the place of the pack's dialog, Prerender that of the sentences spoken ahead.
	Engine    dialog.Engine
	Prerender []string
	// Speech takes the place of the speech process, which is not started then.
	Speech *Speech
	// OnEvent is told every event that was logged, in order within a conversation. It must not block.
	OnEvent func(hotline.Event)
	// OnLeg is told every leg that is answered, before it has sound.
	OnLeg func(hotline.ConversationID, *sip.Leg)
}

// Gateway is a running service.
type Gateway struct {
	cfg     *config.Config
	opt     Options
	log     *slog.Logger
	clock   media.Clock
	store   *db.DB
	content *content
	clerk   *clerk
	learner *learner
	archive archive
	indexer *records.Indexer
	began   time.Time
	ahead   []string // sentences to speak ahead
	vad     *vad.Model
	pacer   *pace.Pacer
	poller  *rtp.Poller
	phone   *sip.Endpoint
	journal *store.Log
	metrics *metrics.Metrics
	speech  *Speech
	owned   bool  // the speech process is ours
	text    *text // nil without a listener for HTTP
	people  people

	mu       sync.Mutex
	draining bool
	standing int // calls
	prompts  prompts
	httpAddr string
}

// New prepares a gateway: it reads the models that it needs itself, repairs what a crash left in
// the data folder, and opens no socket yet.
func New(cfg *config.Config, opt Options) (*Gateway, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{cfg: cfg, opt: opt, log: opt.Logger, clock: media.SystemClock{}, metrics: metrics.New()}
	g.began = g.clock.Now()
	for _, prepare := range []func() error{g.openModels, g.openDialog, g.openStore, g.openSpeech, g.openPhone, g.openPeople, g.observe, g.openText} {
		if err := prepare(); err != nil {
			return nil, errors.Join(err, g.poller.Close(), g.closeStorage())
		}
	}
	return g, nil
}

// openDialog opens the database and what is talked about.
func (g *Gateway) openDialog() (err error) {
	ctx := context.Background()
	if g.store, err = OpenStorage(ctx, g.cfg); err != nil {
		return err
	}
	if g.content, err = openContent(ctx, g.cfg.Dialog.Pack, g.store, g.log, g.callable); err != nil {
		return err
	}
	g.clerk = &clerk{orders: g.store, tables: g.content.lookUp, clock: g.clock, log: g.log}
	if g.learner, err = newLearner(db.Inbox{DB: g.store}, g.content.knowledge.Base(), g.log); err != nil {
		return err
	}
	g.ahead, err = g.sentences()
	return err
}

// engine is the dialog of the moment.
func (g *Gateway) engine() dialog.Engine {
	if g.opt.Engine != nil {
		return g.opt.Engine
	}
	return g.content.engine.Load()
}

// openModels loads the voice detector; the other models belong to the speech process.
func (g *Gateway) openModels() error {
	files, err := models.Open(g.cfg.Speech.Models)
	if err != nil {
		return err
	}
	path, err := files.Path("silero-vad")
	if err != nil {
		return err
	}
	g.vad, err = vad.Load(path)
	return err
}

func (g *Gateway) openStore() (err error) {
	if g.journal, err = store.Open(store.Config{Dir: g.cfg.Data, Logger: g.log}); err != nil {
		return err
	}
	g.archive = archive{journal: g.journal, store: g.store, recordings: g.recordings()}
	g.indexer = records.NewIndexer(records.IndexerConfig{Source: g.archive, Keeper: g.store, Logger: g.log, After: g.clock.After})
	repaired, err := record.Repair(g.recordings(), record.Plain{}, g.log)
	if err != nil {
		g.log.Error("recordings not repaired", "error", err)
	}
	if repaired.Recordings > 0 || len(repaired.Quarantined) > 0 {
		g.log.Warn("recordings repaired after a crash", "recordings", repaired.Recordings, "quarantined", repaired.Quarantined)
	}
	return nil
}

func (g *Gateway) recordings() string { return recordingsOf(g.cfg) }

func recordingsOf(cfg *config.Config) string {
	if cfg.Recording.Dir != "" {
		return cfg.Recording.Dir
	}
	return filepath.Join(cfg.Data, "recordings")
}

func (g *Gateway) openSpeech() (err error) {
	if g.speech = g.opt.Speech; g.speech == nil {
		g.owned = true
		g.speech, err = NewSpeech(g.cfg, g.log)
	}
	return err
}

func (g *Gateway) openPhone() (err error) {
	if g.pacer, err = pace.New(pace.Config{}); err != nil {
		return err
	}
	if g.poller, err = rtp.NewPoller(0); err != nil {
		return err
	}
	cfg, err := phoneConfig(g.cfg)
	if err != nil {
		return err
	}
	cfg.Media.Poller = g.poller
	cfg.Pacer, cfg.Logger, cfg.Answer, cfg.OnAnswered = g.pacer, g.log, g.answer, g.metrics.SIPRequest
	g.phone, err = sip.New(cfg)
	return err
}

// Phone returns the SIP front end.
func (g *Gateway) Phone() *sip.Endpoint { return g.phone }

// Speech returns the speech engines.
func (g *Gateway) Speech() *Speech { return g.speech }

// Pacer returns the beat of all streams, for measurements.
func (g *Gateway) Pacer() *pace.Pacer { return g.pacer }

// Run serves until ctx ends. Then new calls are refused and running ones may finish for as long as
// the configuration allows. When it returns, everything it started has ended.
func (g *Gateway) Run(ctx context.Context) error {
	// Media and storage outlive the calls: they end when the front end has.
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var base errgroup.Group
	run := func(name string, part func(context.Context) error) {
		base.Go(func() error {
			if err := part(lasting); err != nil {
				end() // nothing works without it
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	run("event log", g.journal.Run)
	run("pacer", g.pacer.Run)
	run("media", g.poller.Run)
	run("http", g.serveHTTP)
	run("chat", g.runText)
	run("desk", g.runDesk)
	run("phones of agents", g.watchPhones)
	run("recovery", g.recoverChats)
	run("learner", g.learner.run)
	run("records", g.index)
	run("recordings", g.retain)
	if g.owned {
		run("speech", g.speech.Run)
	}
	run("prompts", g.renderPrompts)
	run("calls", func(lasting context.Context) error {
		defer end()
		return g.serveCalls(ctx, lasting)
	})
	err := base.Wait()
	g.speech.closeIf(g.owned)
	return errors.Join(err, g.poller.Close(), g.closeStorage())
}

// retain removes recordings that are older than the configuration keeps them.
func (g *Gateway) retain(ctx context.Context) error {
	if g.cfg.Recording.RetentionDays == 0 {
		return nil
	}
	for {
		before := g.clock.Now().AddDate(0, 0, -g.cfg.Recording.RetentionDays)
		removed, err := record.Expire(g.recordings(), before)
		if err != nil {
			g.log.Error("old recordings not removed", "error", err)
		}
		if removed > 0 {
			g.log.Info("old recordings removed", "days", removed, "before", before)
		}
		select {
		case <-g.clock.After(time.Hour):
		case <-ctx.Done():
			return nil
		}
	}
}
