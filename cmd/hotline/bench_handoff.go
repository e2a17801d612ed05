package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
)

// BenchHandoffCmd is "hotline bench handoff".
type BenchHandoffCmd struct {
	Calls int `help:"Calls that are handed over, one after the other." default:"40"`
}

// Run measures and prints.
func (*BenchHandoffCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "handoff") }

// handoffResult is what came out.
type handoffResult struct {
	Calls int            `json:"calls"`
	Ring  measure.Spread `json:"request_to_ring"` // the dialog hands over → the offer is at the agent's console
	Agent measure.Spread `json:"accept_to_caller_hears"`
	Audio measure.Spread `json:"accept_to_audio"` // the agent accepts → both have heard the other's tone
	Free  measure.Spread `json:"hang_up_to_free"` // the caller hangs up → the agent is ready for the next
}

// handoffGoal is the most that ring and audio may take, 95 of 100.
const handoffGoal = 300

func (h *handoffResult) rows() []measure.Row {
	return []measure.Row{
		measure.AtMost("请求 → 坐席响铃 handed over → agent rings, p95", h.Ring.P95, handoffGoal, "ms"),
		measure.Plain("", "p50 %.1f ms, max %.1f ms, %d calls", h.Ring.P50, h.Ring.Max, h.Calls),
		measure.AtMost("接听 → 双向有声 accept → both hear, p95", h.Audio.P95, handoffGoal, "ms"),
		measure.Plain("", "p50 %.1f ms, max %.1f ms; caller hears the agent p50 %.1f ms", h.Audio.P50, h.Audio.Max, h.Agent.P50),
		measure.Plain("挂断 → 坐席空闲 hang-up → agent free", "p50 %.1f ms, max %.1f ms", h.Free.P50, h.Free.Max),
	}
}

func (c *BenchHandoffCmd) measure(b bench) (measured, error) {
	ctx := b.env.Ctx
	prompts, err := promptCache()
	if err != nil {
		return nil, err
	}
	r, err := startRig(ctx, rigConfig{Models: b.Models, ASR: b.Model, Cache: prompts, Prompts: []string{"好的，为您转人工，您说过的我都记下了，请稍等。"}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.close() }()
	if err := r.awaitPrompts(ctx, nil); err != nil {
		return nil, err
	}
	if err := r.addUser(ctx, demoAgent, "坐席", "agent", demoPassword); err != nil {
		return nil, err
	}
	agent, err := startAgent(ctx, r, demoAgent, demoPassword)
	if err != nil {
		return nil, err
	}
	defer func() { _ = agent.close() }()
	telephone, err := startSoftphone(ctx, softphoneConfig{Codecs: onlyPCMA(), Log: b.env.Log})
	if err != nil {
		return nil, err
	}
	defer func() { _ = telephone.close() }()
	calls := c.Calls
	if b.Quick {
		calls = min(calls, 3)
	}
	var ring, caller, audio, free measure.Times
	for range calls {
		t, err := oneHandoff(ctx, r, telephone, agent)
		if err != nil {
			return nil, err
		}
		ring, caller, audio, free = append(ring, t.ring), append(caller, t.caller), append(audio, t.audio), append(free, t.free)
	}
	return &handoffResult{Calls: calls, Ring: ring.Spread(), Agent: caller.Spread(), Audio: audio.Spread(), Free: free.Spread()}, nil
}

// handoffTimes are those of one call.
type handoffTimes struct{ ring, caller, audio, free time.Duration }

// oneHandoff calls, asks for a person by key, talks and hangs up.
func oneHandoff(ctx context.Context, r *rig, telephone *softphone, agent *deskAgent) (t handoffTimes, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	leg, err := telephone.dial(ctx, r.uri("12345"))
	if err != nil {
		return t, err
	}
	defer func() { _ = leg.Hangup(context.WithoutCancel(ctx), "done") }()
	hears := newToneEar(agentTone)
	if err := leg.Join(hears.sink(leg.Format()), callerVoice(leg.Format())); err != nil {
		return t, err
	}
	pause(ctx, 500*time.Millisecond)
	agent.hears.wait()
	if err := leg.SendKeys(0, dtmf.Key('0')); err != nil {
		return t, err
	}
	var offer offerSeen
	select {
	case offer = <-agent.offers:
	case <-ctx.Done():
		return t, hotline.Errorf("bench handoff", hotline.CodeTimeout, "nobody was rung")
	}
	asked, err := r.handedOver(leg)
	if err != nil {
		return t, err
	}
	t.ring = offer.at.Sub(asked)
	pause(ctx, 200*time.Millisecond)
	agent.hears.wait()
	hears.wait()
	accepted := time.Now()
	if err := agent.command(ctx, http.MethodPost, "/desk/offers/"+offer.id+"/accept", struct{}{}); err != nil {
		return t, err
	}
	at, err := hears.heard(ctx)
	if err != nil {
		return t, fmt.Errorf("the caller: %w", err)
	}
	back, err := agent.hears.heard(ctx)
	if err != nil {
		return t, fmt.Errorf("the agent: %w", err)
	}
	t.caller = at.Sub(accepted)
	t.audio = max(t.caller, back.Sub(accepted))
	pause(ctx, 300*time.Millisecond)
	left := time.Now()
	if err := leg.Hangup(ctx, "done"); err != nil {
		return t, err
	}
	t.free, err = agent.free(ctx, left)
	return t, err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// handedOver returns when the dialog of a call asked for a person.
func (r *rig) handedOver(leg *sip.Leg) (time.Time, error) {
	events, err := r.events(leg.Call().CallID)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range events {
		if e.Body.Kind() == (hotline.HandedOver{}).Kind() {
			return e.At, nil
		}
	}
	return time.Time{}, hotline.Errorf("bench handoff", hotline.CodeInternal, "nothing was handed over")
}

// toneEar notices when a tone begins.
type toneEar struct {
	hertz float64
	mu    sync.Mutex
	since time.Time
	began chan struct{}
}

func newToneEar(hertz float64) *toneEar { return &toneEar{hertz: hertz, began: make(chan struct{})} }

// wait begins to listen anew.
func (e *toneEar) wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.since, e.began = time.Time{}, make(chan struct{})
}

// take hears a stretch of sound: most of it must be the tone.
func (e *toneEar) take(pcm []int16, rate int) {
	var re, im, all float64
	for i, x := range pcm {
		a := 2 * math.Pi * e.hertz * float64(i) / float64(rate)
		re += float64(x) * math.Cos(a)
		im += float64(x) * math.Sin(a)
		all += float64(x) * float64(x)
	}
	n := float64(max(len(pcm), 1))
	if tone := 2 * (re*re + im*im) / n; all/n < 1e4 || tone < 0.5*all {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.since.IsZero() {
		e.since = time.Now()
		close(e.began)
	}
}

// heard returns when the tone began.
func (e *toneEar) heard(ctx context.Context) (time.Time, error) {
	e.mu.Lock()
	began := e.began
	e.mu.Unlock()
	select {
	case <-began:
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.since, nil
	case <-ctx.Done():
		return time.Time{}, hotline.Errorf("bench handoff", hotline.CodeTimeout, "the other's tone was not heard")
	}
}

type earSink struct {
	*toneEar
	format media.Format
}

func (e *toneEar) sink(f media.Format) media.Sink { return earSink{e, f} }

func (s earSink) Format() media.Format { return s.format }

func (s earSink) WriteFrame(f media.Frame) error {
	s.take(f.PCM, s.format.Rate)
	return nil
}
