package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// BenchBargeinCmd is "hotline bench bargein".
type BenchBargeinCmd struct{}

// Run measures and prints.
func (*BenchBargeinCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "bargein") }

// bargeinResult is what came out. The spread is the time from the packet with the first voiced sample of
// an interruption, as it was sent, to the last voiced packet of what it interrupted, as it was received.
type bargeinResult struct {
	Interruptions int `json:"interruptions"` // that stopped a prompt; only these are measured
	measure.Spread
	Missed  int `json:"missed"`   // that did not
	InPause int `json:"in_pause"` // that fell into a pause of the prompt

	Distractors  int            `json:"distractors"`
	Backchannels int            `json:"backchannels"` // of the distractors
	Noises       int            `json:"noises"`       // of the distractors
	FalseStops   int            `json:"false_stops"`
	StoppedBy    []string       `json:"stopped_by,omitempty"`
	Pauses       int            `json:"pauses"` // prompts that were held for a moment and went on
	Paused       measure.Spread `json:"paused"` // for how long, with what was said again

	times, pauses measure.Times
}

func (r *bargeinResult) rows() []measure.Row {
	rows := []measure.Row{
		measure.AtMost("打断 first voiced sample → last answer packet, p95", r.P95, 250, " ms"),
		measure.Plain("p50, max", "%.0f ms, %.0f ms; %d interruptions, %d more in a pause, %d missed", r.P50, r.Max, r.Interruptions, r.InPause, r.Missed),
		{
			What: "误停 false stops", Got: fmt.Sprintf("%d of %d back-channels and %d noises", r.FalseStops, r.Backchannels, r.Noises),
			Want: "0", Verdict: measure.Judge(r.FalseStops == 0),
		},
		measure.Plain("暂停后继续 held and went on", "%d times, p50 %.0f ms, max %.0f ms", r.Pauses, r.Paused.P50, r.Paused.Max),
	}
	for _, s := range r.StoppedBy {
		rows = append(rows, measure.Plain("  误停 stopped by", "%s", s))
	}
	return rows
}

// remark is something a caller does while the gateway talks.
type remark struct {
	name  string
	noise bool // no voice at all
	pcm   []int16
	rate  int
	wait  time.Duration // into the speech of the gateway

	first, last, until time.Time // first and last voiced sample sent, and when the next remark began
}

func (*BenchBargeinCmd) measure(b bench) (measured, error) {
	questions, err := loadClips(benchQuestions...)
	if err != nil {
		return nil, err
	}
	distractors, err := distractors()
	if err != nil {
		return nil, err
	}
	interruptions := make([]remark, 24)
	for i := range interruptions {
		q := questions[i%len(questions)]
		interruptions[i] = remark{name: q.text, pcm: q.pcm, rate: q.rate, wait: place(i)}
	}
	if b.Quick {
		interruptions, distractors = interruptions[:3], append(distractors[:2:2], distractors[20:22]...)
	}
	result := &bargeinResult{}
	return result, b.withStation(kindTalk, func(s *station) error {
		for _, part := range []struct {
			remarks []remark
			judge   func([]remark, []hotline.Event, *wire)
		}{{interruptions, result.interrupted}, {distractors, result.distracted}} {
			for len(part.remarks) > 0 {
				n := min(remarksPerCall, len(part.remarks))
				remarks := part.remarks[:n]
				part.remarks = part.remarks[n:]
				events, wire, err := s.remark(b.env.Ctx, remarks)
				if err != nil {
					return err
				}
				part.judge(remarks, events, wire)
				b.env.progress("  打断 interruptions %d, 误停 false stops %d of %d", result.Interruptions+result.InPause+result.Missed, result.FalseStops, result.Distractors)
			}
		}
		result.Spread, result.Paused = result.times.Spread(), result.pauses.Spread()
		return nil
	})
}

const remarksPerCall = 8

// place varies how far into the speech of the gateway a remark falls, 0.7…4.2 s.
func place(i int) time.Duration { return time.Duration(700+i*1171%3500) * time.Millisecond }

// distractors are what a gateway is not to stop for: 20 back-channels and 20 noises.
func distractors() ([]remark, error) {
	const each = 20
	backchannels, err := loadClips("b_en", "b_dui", "b_haode", "b_o")
	if err != nil {
		return nil, err
	}
	var list []remark
	for i := range each {
		c := backchannels[i%len(backchannels)]
		level := -3 * float64(i/len(backchannels)) // dB; callers do not all speak up
		list = append(list, remark{name: fmt.Sprintf("%s %.0f dB", c.text, level), pcm: gain(c.pcm, level), rate: c.rate, wait: place(len(list))})
	}
	const rate = 8000
	kinds := measure.Noises()
	for i := range each {
		kind, level := kinds[i%len(kinds)], -20+10*float64(i)/(each-1)
		length := time.Duration(100+i*7%each*300/(each-1)) * time.Millisecond
		list = append(list, remark{
			name: fmt.Sprintf("%s %.0f dB, %d ms", kind, level, length.Milliseconds()), noise: true,
			pcm: kind.Make(rate, length, level, uint64(i)), rate: rate, wait: place(len(list)),
		})
	}
	return list, nil
}

func gain(pcm []int16, dB float64) []int16 {
	out := make([]int16, len(pcm))
	factor := math.Pow(10, dB/20)
	for i, x := range pcm {
		out[i] = int16(float64(x) * factor)
	}
	return out
}

// remark places a call and makes the remarks, one after the other.
func (s *station) remark(ctx context.Context, remarks []remark) ([]hotline.Event, *wire, error) {
	leg, err := s.telephone.dial(ctx, s.rig.uri("12345"))
	if err != nil {
		return nil, nil, fmt.Errorf("%w\n%s", err, s.rig.log.String())
	}
	player, err := phone.NewPlayer(leg.Format(), nil)
	if err == nil {
		err = leg.SetSource(player)
	}
	if err != nil {
		return nil, nil, err
	}
	wire := s.tap.call(leg.Call().CallID)
	for i := range remarks {
		if err := s.remarkOnce(ctx, leg, player, wire, &remarks[i]); err != nil {
			return nil, nil, err
		}
	}
	events, err := s.end(ctx, leg)
	return events, wire, err
}

// afterRemark is how long a remark may take to have an effect: to be recognised and answered.
const afterRemark = 2500 * time.Millisecond

func (s *station) remarkOnce(ctx context.Context, leg *sip.Leg, player *phone.Player, wire *wire, r *remark) error {
	if err := speaking(ctx, wire); err != nil {
		return err
	}
	if err := sleep(ctx, r.wait); err != nil {
		return err
	}
	if err := speaking(ctx, wire); err != nil {
		return err
	}
	piece, err := player.Play(r.pcm, r.rate)
	if err != nil {
		return err
	}
	select {
	case <-piece.Done():
	case <-leg.Done():
		return phone.ErrHungUp
	case <-ctx.Done():
		return ctx.Err()
	}
	r.first, r.last = piece.Sent()
	err = sleep(ctx, afterRemark)
	r.until = time.Now()
	return err
}

// speaking waits until the gateway is heard at this moment.
func speaking(ctx context.Context, w *wire) error {
	const moment, limit = 60 * time.Millisecond, 15 * time.Second
	for began := time.Now(); time.Since(began) < limit; {
		if at, heard := w.last(time.Now()); heard && time.Since(at) < moment {
			return nil
		}
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return hotline.Errorf("interrupt", hotline.CodeTimeout, "the gateway did not speak for %v", limit)
}

// interrupted judges interruptions by what became of the prompts.
func (r *bargeinResult) interrupted(remarks []remark, events []hotline.Event, w *wire) {
	for _, m := range remarks {
		stopped, found := cutShort(between(events, m.first, m.until))
		last, heard := w.last(stopped)
		switch {
		case !found || !heard:
			r.Missed++
		case last.Before(m.first):
			r.InPause++
		default:
			r.Interruptions++
			r.times = append(r.times, last.Sub(m.first))
		}
	}
}

// distracted judges distractors: the prompt must go on to its end, and nothing be taken for a turn.
func (r *bargeinResult) distracted(remarks []remark, events []hotline.Event, _ *wire) {
	for _, m := range remarks {
		r.Distractors++
		if m.noise {
			r.Noises++
		} else {
			r.Backchannels++
		}
		during := between(events, m.first, m.until)
		_, cut := cutShort(during)
		heard := ""
		for _, e := range during {
			if h, ok := e.Body.(hotline.Heard); ok && h.Rejected == "" {
				heard = h.Text
			}
		}
		if cut || heard != "" {
			r.FalseStops++
			r.StoppedBy = append(r.StoppedBy, fmt.Sprintf("%s, heard as %q", m.name, heard))
		}
	}
	if len(remarks) > 0 {
		r.pauses = append(r.pauses, held(between(events, time.Time{}, remarks[len(remarks)-1].until))...)
	}
}

// cutShort returns when a prompt was stopped before its end.
func cutShort(events []hotline.Event) (time.Time, bool) {
	for _, e := range events {
		if said, ok := e.Body.(hotline.Said); ok && said.Interrupted {
			return e.At, true
		}
	}
	return time.Time{}, false
}

// held returns how much longer prompts took than they are long, where they follow one another without
// a gap.
func held(events []hotline.Event) (pauses measure.Times) {
	const tolerance = 60 * time.Millisecond // a frame at each end, and the log's own time
	var before time.Time
	for _, e := range events {
		said, ok := e.Body.(hotline.Said)
		if !ok {
			continue
		}
		longer := e.At.Sub(before) - time.Duration(said.LengthMS)*time.Millisecond
		if !before.IsZero() && !said.Interrupted && longer > tolerance {
			pauses = append(pauses, longer)
		}
		before = e.At
		if said.Interrupted {
			before = time.Time{}
		}
	}
	return pauses
}
