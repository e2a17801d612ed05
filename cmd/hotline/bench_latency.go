package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/phone"
)

// BenchLatencyCmd is "hotline bench latency".
type BenchLatencyCmd struct {
	Turns int `help:"Answered questions to count, with cached answers and one caller." default:"40"`
}

// Run measures and prints.
func (*BenchLatencyCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "latency") }

// latencyResult is what came out: one caller and cached answers first.
type latencyResult struct {
	latencyRun
	Fresh latencyRun `json:"fresh"` // answers that had to be synthesised
	Four  latencyRun `json:"callers_4"`
	Eight latencyRun `json:"callers_8"`
}

func (r *latencyResult) rows() []measure.Row {
	rows := []measure.Row{
		measure.AtMost("缓存应答 cached answers, p50", r.P50, 800, " ms"),
		measure.AtMost("缓存应答 cached answers, p95", r.P95, 1300, " ms"),
		measure.AtMost("现合成应答 fresh answers, p95", r.Fresh.P95, 1600, " ms"),
	}
	for _, run := range []struct {
		name string
		*latencyRun
	}{{"缓存应答 cached", &r.latencyRun}, {"现合成 fresh", &r.Fresh}, {"四人同说 4 callers", &r.Four}, {"八人同说 8 callers", &r.Eight}} {
		rows = append(rows, measure.Plain(run.name, "%s", run.latencyRun))
	}
	for _, stage := range []struct {
		name string
		measure.Spread
	}{
		{"判停 end of turn", r.Stages.Endpoint}, {"识别 recognised", r.Stages.Recognised}, {"决策 decided", r.Stages.Decided},
		{"首音 first audio", r.Stages.FirstAudio}, {"首包 first packet", r.Stages.FirstSent},
	} {
		rows = append(rows, measure.Plain("  "+stage.name, "p50 %.0f ms, p95 %.0f ms (as the gateway saw it, from the last voice it received)", stage.P50, stage.P95))
	}
	return rows
}

// latencyRun is the latency of a number of turns, from the packet with the last voiced sample of a
// question, as it was sent, to the first voiced packet of its answer, as it was received.
type latencyRun struct {
	Turns int `json:"turns"` // with the expected answer; only these are measured
	Asked int `json:"asked"`
	measure.Spread
	Early    int    `json:"early"`    // answers that began while the caller spoke
	Fillers  int    `json:"fillers"`  // "please wait" was said before the answer
	Fallback int    `json:"fallback"` // answers that could not be spoken
	Stages   stages `json:"stages"`

	times  measure.Times
	traces [5]measure.Times
}

func (r *latencyRun) String() string {
	return fmt.Sprintf("p50 %.0f ms, p95 %.0f ms, max %.0f ms; understood %d of %d, early %d, fillers %d", r.P50, r.P95, r.Max, r.Turns, r.Asked, r.Early, r.Fillers)
}

// stages is how long after the caller's last voiced sample, as it reached the gateway, each was done.
type stages struct {
	Endpoint   measure.Spread `json:"endpoint"`
	Recognised measure.Spread `json:"recognised"`
	Decided    measure.Spread `json:"decided"`
	FirstAudio measure.Spread `json:"first_audio"`
	FirstSent  measure.Spread `json:"first_sent"`
}

func (c *BenchLatencyCmd) measure(b bench) (measured, error) {
	questions, err := loadClips(benchQuestions...)
	if err != nil {
		return nil, err
	}
	turns := c.Turns
	if turns == 0 {
		turns = 40
	}
	if b.Quick {
		turns = 4
	}
	result := &latencyResult{}
	err = b.withStation(kindDialog, func(s *station) error {
		for _, run := range []struct {
			callers int
			*latencyRun
		}{{1, &result.latencyRun}, {4, &result.Four}, {8, &result.Eight}} {
			if err := run.ask(b, s, questions, run.callers, turns); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, b.withStation(kindFresh, func(s *station) error { return result.Fresh.ask(b, s, questions, 1, (turns+1)/2) })
}

// turnsPerCall is how many questions a caller asks before calling again.
const turnsPerCall = 6

// ask lets so many callers ask until enough answers have come, or twice as many questions were asked.
func (r *latencyRun) ask(b bench, s *station, questions []clip, callers, turns int) error {
	var mu sync.Mutex
	var asking errgroup.Group
	for n := range callers {
		order := rand.New(rand.NewPCG(uint64(n), 7))
		asking.Go(func() error {
			for {
				mu.Lock()
				enough := r.Turns >= turns || r.Asked >= 2*turns
				mu.Unlock()
				if enough {
					return nil
				}
				list := make([]clip, turnsPerCall)
				for i, at := range order.Perm(len(questions))[:turnsPerCall] {
					list[i] = questions[at]
				}
				exchanges, events, err := s.converse(b.env.Ctx, list)
				if err != nil {
					return err
				}
				mu.Lock()
				r.add(exchanges, events)
				b.env.progress("  %d 人 callers: 答对 answered %d / %d", callers, r.Turns, r.Asked)
				mu.Unlock()
			}
		})
	}
	err := asking.Wait()
	r.finish()
	return err
}

// exchange is one question with what came back.
type exchange struct {
	clip
	turn  phone.Turn
	first time.Time // voiced packet after the question
	until time.Time // when the next began
}

// converse places a call and asks the questions one after the other, each when the answer before has
// been heard out.
func (s *station) converse(ctx context.Context, questions []clip) ([]exchange, []hotline.Event, error) {
	leg, err := s.telephone.dial(ctx, s.rig.uri("12345"))
	if err != nil {
		return nil, nil, fmt.Errorf("%w\n%s", err, s.rig.log.String())
	}
	wire := s.tap.call(leg.Call().CallID)
	script, err := phone.NewScript(leg, phone.ScriptConfig{})
	if err == nil {
		_, err = script.Do(ctx, phone.Step{Name: "greeting"})
	}
	var list []exchange
	for i := 0; err == nil && i < len(questions); i++ {
		e := exchange{clip: questions[i]}
		if e.turn, err = script.Do(ctx, phone.Step{Name: e.text, Clip: e.pcm, Rate: e.rate}); e.turn.SaidLast.IsZero() {
			break
		}
		e.first, _ = wire.first(e.turn.SaidLast)
		e.until = time.Now()
		list = append(list, e)
		if e.turn.HungUp {
			break
		}
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil && !errors.Is(err, phone.ErrHungUp) && hotline.CodeOf(err) != hotline.CodeTimeout {
		return nil, nil, err
	}
	events, err := s.end(ctx, leg) // no answer in time is a result
	return list, events, err
}

// add judges the exchanges of a call by its event log.
func (r *latencyRun) add(list []exchange, events []hotline.Event) {
	for _, e := range list {
		r.Asked++
		var trace hotline.TurnTraced
		answered, filled, fallback := false, false, false
		for _, event := range between(events, e.turn.SaidFirst, e.until) {
			switch body := event.Body.(type) {
			case hotline.TurnTraced:
				trace = body
			case hotline.Said:
				answered = answered || body.Prompt == e.expect
				filled = filled || body.Prompt == "filler"
				fallback = fallback || body.Prompt == e.expect && body.Source == "fallback"
			}
		}
		switch {
		case e.turn.Early:
			r.Early++
		case fallback:
			r.Fallback++
		case answered && !e.first.IsZero():
			took := e.first.Sub(e.turn.SaidLast)
			if filled { // the first voice was not the answer's
				r.Fillers++
				took = max(took, time.Duration(trace.FirstSentMS)*time.Millisecond)
			}
			r.count(took, trace)
		}
	}
}

func (r *latencyRun) count(took time.Duration, t hotline.TurnTraced) {
	r.Turns++
	r.times = append(r.times, took)
	for i, ms := range [5]int{t.EndpointMS, t.RecognisedMS, t.DecidedMS, t.FirstAudioMS, t.FirstSentMS} {
		r.traces[i] = append(r.traces[i], time.Duration(ms)*time.Millisecond)
	}
}

func (r *latencyRun) finish() {
	r.Spread = r.times.Spread()
	r.Stages = stages{r.traces[0].Spread(), r.traces[1].Spread(), r.traces[2].Spread(), r.traces[3].Spread(), r.traces[4].Spread()}
}
