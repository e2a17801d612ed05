package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	opt, err := benchOptions(gatewayKind(c.Kind))
	if err != nil {
		return err
	}
	opt.Logger = env.Log
	g, err := gateway.New(cfg, opt)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(env.Ctx)
	defer stop()
	go announce(ctx, g, env.Stdout)
	return g.Run(ctx)
}

// benchOptions gives a gateway a dialog to be measured with, and what it says ahead of being asked.
func benchOptions(kind gatewayKind) (gateway.Options, error) {
	if kind == kindSilent {
		return gateway.Options{Engine: &dictation{}, Prerender: []string{}}, nil
	}
	p, err := packs.Open("")
	if err != nil {
		return gateway.Options{}, err
	}
	var answers []string
	for e := range p.Base.All() {
		if len(answers) < talkPrompts {
			answers = append(answers, e.AnswerVoice)
		}
	}
	ahead, err := shorten(p)
	if err != nil {
		return gateway.Options{}, err
	}
	engine, err := p.Engine()
	if err != nil {
		return gateway.Options{}, err
	}
	switch kind {
	case kindFresh:
		f := &freshAnswers{Engine: engine}
		f.said.Store(time.Now().Unix() % 1_000_000 * 100)
		return gateway.Options{Engine: f, Prerender: ahead}, nil
	case kindTalk:
		return gateway.Options{Engine: talker{engine, answers}, Prerender: answers}, nil
	}
	return gateway.Options{Engine: engine, Prerender: ahead}, nil
}

// freshAnswers is a dialog whose every answer ends in a number of its own, so that no cache has it.
type freshAnswers struct {
	dialog.Engine
	said atomic.Int64
}

// Step implements dialog.Engine.
func (f *freshAnswers) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	s, actions := f.Engine.Step(s, e)
	for i, a := range actions {
		if say, ok := a.(dialog.Say); ok && strings.HasPrefix(say.Prompt.ID, "answer.") {
			say.Prompt.Text += fmt.Sprintf("答复编号%d。", f.said.Add(1))
			actions[i] = say
		}
	}
	return s, actions
}

// talker is a dialog that says sentence after sentence, and begins elsewhere whenever it is interrupted.
type talker struct {
	dialog.Engine
	sentences []string
}

// talkPrompts is how many sentences follow one another: several minutes.
const talkPrompts = 20

// Step implements dialog.Engine.
func (t talker) Step(s dialog.State, _ dialog.Event) (dialog.State, []dialog.Action) {
	var actions []dialog.Action
	for range talkPrompts {
		actions = append(actions, dialog.Say{Prompt: dialog.Prompt{ID: "talk." + strconv.Itoa(s.Turns), Text: t.sentences[s.Turns%len(t.sentences)]}})
		s.Turns++
	}
	s.Turns -= talkPrompts - 3
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
