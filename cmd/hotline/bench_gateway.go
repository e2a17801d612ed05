package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/screen"
)

// gatewayKind is what a measured gateway does.
type gatewayKind string

const (
	kindDialog gatewayKind = "dialog" // as "hotline serve"
	kindFresh  gatewayKind = "fresh"  // the same, with answers that were never said before
	kindTalk   gatewayKind = "talk"   // talks on and on
	kindSilent gatewayKind = "silent" // listens and says nothing
	kindBare   gatewayKind = "bare"   // answers calls and has no conversation at all
)

// speaks tells whether prompts are rendered ahead.
func (k gatewayKind) speaks() bool { return k == kindDialog || k == kindFresh || k == kindTalk }

// BenchGatewayCmd is the gateway of a benchmark, in the process that the benchmark starts.
type BenchGatewayCmd struct {
	Kind     string `required:"" enum:"dialog,fresh,talk,silent,bare"`
	Announce bool
	Config   string `required:"" type:"existingfile"`
}

// Run serves until it is told to end.
func (c *BenchGatewayCmd) Run(env *Env) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if gatewayKind(c.Kind) == kindBare {
		return serveBare(env, cfg)
	}
	engine, err := benchEngine(gatewayKind(c.Kind), cfg.Dialog.Pack)
	if err != nil {
		return err
	}
	g, err := gateway.New(cfg, gateway.Options{Logger: env.Log, Engine: engine})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(env.Ctx)
	defer stop()
	go announce(ctx, g, env.Stdout)
	return g.Run(ctx)
}

func benchEngine(kind gatewayKind, path string) (dialog.Engine, error) {
	content := packs.FAQ
	if path != "" {
		var err error
		if content, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	pack, err := dialog.ParsePack(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	faq := dialog.NewFAQ(pack)
	switch kind {
	case kindFresh:
		f := &freshAnswers{FAQ: faq}
		f.said.Store(time.Now().Unix() % 1_000_000 * 100)
		return f, nil
	case kindTalk:
		return talker{faq, pack.Entries}, nil
	case kindSilent:
		return &dictation{}, nil
	}
	return faq, nil
}

// freshAnswers is a dialog whose every answer ends in a number of its own, so that no cache has it.
type freshAnswers struct {
	*dialog.FAQ
	said atomic.Int64
}

// Step implements dialog.Engine.
func (f *freshAnswers) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	s, actions := f.FAQ.Step(s, e)
	for i, a := range actions {
		if say, ok := a.(dialog.Say); ok && strings.HasPrefix(say.Prompt.ID, "answer.") {
			say.Prompt.Text += fmt.Sprintf("答复编号%d。", f.said.Add(1))
			actions[i] = say
		}
	}
	return s, actions
}

// talker is a dialog that says all answers of a pack, and begins elsewhere whenever it is interrupted.
type talker struct {
	*dialog.FAQ
	entries []dialog.Entry
}

// talkPrompts is how many answers follow one another: more than two minutes.
const talkPrompts = 20

// Step implements dialog.Engine.
func (t talker) Step(s dialog.State, _ dialog.Event) (dialog.State, []dialog.Action) {
	var actions []dialog.Action
	for range talkPrompts {
		entry := t.entries[s.Answered%len(t.entries)]
		actions = append(actions, dialog.Say{Prompt: dialog.Prompt{ID: "talk." + strconv.Itoa(s.Answered), Text: entry.Answer}})
		s.Answered++
	}
	s.Answered -= talkPrompts - 3
	return s, append(actions, dialog.Listen{NoInput: time.Second})
}

// serveBare answers calls with silence until the callers hang up.
func serveBare(env *Env, cfg *config.Config) error {
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		return err
	}
	sipCfg := sip.Config{
		Media: rtp.PortsConfig{Address: cfg.Media.Address, Low: cfg.Media.Ports.Low, High: cfg.Media.Ports.High},
		Pacer: pacer, Logger: env.Log,
		Limits: sip.Limits{Calls: 100_000, SettingUp: 100_000, CallsPerSecond: 100_000, Source: screen.LimiterConfig{Rate: screen.Rate{PerSecond: 1e6, Burst: 1e6}}},
		Answer: func(ctx context.Context, in *sip.Invitation) {
			if leg, err := in.Answer(ctx); err == nil {
				<-leg.Done()
			}
		},
	}
	for _, l := range cfg.SIP.Listen {
		sipCfg.Listen = append(sipCfg.Listen, sip.Listen{Network: l.Network, Address: l.Address})
	}
	endpoint, err := sip.New(sipCfg)
	if err != nil {
		return err
	}
	lasting, end := context.WithCancel(context.WithoutCancel(env.Ctx))
	defer end()
	var running errgroup.Group
	running.Go(func() error { return pacer.Run(lasting) })
	running.Go(func() error { return endpoint.Run(env.Ctx) })
	select {
	case <-endpoint.Ready():
		line, _ := json.Marshal(addresses{UDP: endpoint.Addr(sip.UDP).String()})
		_, _ = fmt.Fprintf(env.Stdout, "%s\n", line)
		<-env.Ctx.Done()
	case <-env.Ctx.Done():
	}
	end()
	if err := running.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
