package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/crowd"
	"github.com/hotline-cc/hotline/media"
)

// BenchPacingCmd is "hotline bench pacing".
type BenchPacingCmd struct {
	Calls int `help:"Calls at once." default:"100"`
}

// Run measures and prints.
func (*BenchPacingCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "pacing") }

// pacingResult is what came out, as the kernel received the packets.
type pacingResult struct {
	Calls    int     `json:"calls"`
	Seconds  float64 `json:"seconds"`
	Packets  int     `json:"packets"`
	Speaking float64 `json:"speaking"` // part of the packets that held sound
	P50      float64 `json:"p50_ms"`   // of the deviation from 20 ms between packets
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	Dropped  int     `json:"dropped"` // ticks left out by the gateway
	Lost     int     `json:"lost"`    // sequence numbers that never came
	Late     int     `json:"late"`    // packets out of order
	CPU      float64 `json:"cpu_percent_per_call"`

	deviation measure.Times
}

func (p *pacingResult) rows() []measure.Row {
	return []measure.Row{
		measure.Plain("同时放音 calls playing prompts", "%d for %.0f s, %.0f %% of %d packets with sound", p.Calls, p.Seconds, 100*p.Speaking, p.Packets),
		measure.AtMost("偏离20毫秒 deviation from 20 ms, p99", p.P99, 5, " ms"),
		measure.Plain("p50, max", "%.2f ms, %.2f ms", p.P50, p.Max),
		measure.AtMost("丢帧 frames dropped or lost", float64(p.Dropped+p.Lost), 0, ""),
		measure.Plain("每路处理器 gateway CPU per call", "%.2f %% of a core", p.CPU),
	}
}

func (c *BenchPacingCmd) measure(b bench) (measured, error) {
	calls, length := c.Calls, 20*time.Second
	if calls == 0 {
		calls = 100
	}
	if b.Quick {
		calls, length = min(calls, 20), 4*time.Second
	}
	result := &pacingResult{Calls: calls, Seconds: length.Seconds()}
	return result, b.withCrowd(kindTalk, func(r *rig, callers *crowd.Crowd) error {
		return result.run(b.env.Ctx, r, callers, length)
	})
}

// listening is one call that is listened to.
type listening struct {
	ear  *crowd.Ear
	call *crowd.Call
}

func (p *pacingResult) run(ctx context.Context, r *rig, callers *crowd.Crowd, length time.Duration) (err error) {
	host := netip.MustParseAddrPort(r.UDP).Addr()
	var all []listening
	defer func() {
		for _, l := range all {
			err = errors.Join(err, l.call.Hangup(ctx))
		}
	}()
	for range p.Calls {
		l, err := listenTo(ctx, callers, host)
		if err != nil {
			return err
		}
		all = append(all, l)
	}
	sending, stop := context.WithCancel(ctx)
	quiet := make(chan struct{})
	go func() {
		defer close(quiet)
		keepSilent(sending, all)
	}()
	err = p.count(ctx, r, all, length)
	stop()
	<-quiet
	for _, l := range all {
		_ = l.ear.Close()
		p.add(l.ear)
	}
	p.P50, p.P99, p.Max = measure.MS(p.deviation.Percentile(50)), measure.MS(p.deviation.Percentile(99)), measure.MS(p.deviation.Max())
	return err
}

// count lets the prompts be prepared and then the ears count.
func (p *pacingResult) count(ctx context.Context, r *rig, all []listening, length time.Duration) error {
	if err := sleep(ctx, 2*settleFor); err != nil {
		return err
	}
	used, err := r.cpu()
	if err != nil {
		return err
	}
	for _, l := range all {
		l.ear.Begin()
	}
	if err := sleep(ctx, length); err != nil {
		return err
	}
	spent, err := r.cpu()
	p.CPU = 100 * (spent - used).Seconds() / length.Seconds() / float64(len(all))
	for _, l := range all {
		select {
		case <-l.call.Ended():
			return hotline.Errorf("listen", hotline.CodeUnavailable, "the gateway hung up\n%s", r.log.String())
		default:
		}
	}
	return err
}

// add sums up; deviations of all calls are pooled.
func (p *pacingResult) add(ear *crowd.Ear) {
	s := ear.Stream
	p.Speaking = (p.Speaking*float64(p.Packets) + float64(ear.Sound)) / float64(max(1, p.Packets+s.Packets))
	p.Packets += s.Packets
	p.Dropped += s.Skipped
	p.Lost += s.Lost
	p.Late += s.Late
	p.deviation = append(p.deviation, s.Deviation...)
}

func listenTo(ctx context.Context, callers *crowd.Crowd, host netip.Addr) (listening, error) {
	ear, err := crowd.NewEar(host)
	if err != nil {
		return listening{}, err
	}
	go ear.Listen()
	call, err := callers.Dial(ctx, ear.Port())
	if err != nil {
		_ = ear.Close()
		return listening{}, err
	}
	return listening{ear, call}, nil
}

// keepSilent sends the callers' side of every call until ctx ends.
func keepSilent(ctx context.Context, all []listening) {
	beat := time.NewTicker(media.Tick)
	defer beat.Stop()
	for n := 0; ; n++ {
		for _, l := range all {
			l.ear.Silence(n, l.call.Remote)
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			return
		}
	}
}
