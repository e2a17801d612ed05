package main

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/crowd"
)

// BenchSetupCmd is "hotline bench setup".
type BenchSetupCmd struct{}

// Run measures and prints.
func (*BenchSetupCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "setup") }

// setupResult is what came out.
type setupResult struct {
	Calls     int            `json:"calls"`      // answered, acknowledged and hung up
	PerSecond float64        `json:"per_second"` // of those
	Answered  measure.Spread `json:"answered"`   // INVITE sent to 200 received, at that rate
	Resent    int            `json:"resent"`     // requests that needed to be sent again
	Failed    int            `json:"failed"`
	CPU       float64        `json:"cpu_ms_per_call"` // of the gateway

	IdleCalls int     `json:"idle_calls"`
	BareKiB   float64 `json:"bare_kib_per_call"` // resident memory of an answered call: signalling and media
	IdleKiB   float64 `json:"idle_kib_per_call"` // the same with conversation, voice detection and recording
	IdleCPU   float64 `json:"idle_cpu_percent_per_call"`
}

func (s *setupResult) rows() []measure.Row {
	return []measure.Row{
		measure.AtLeast("每秒呼叫 calls per second to 200, ACK and BYE", s.PerSecond, 500, ""),
		measure.Plain("INVITE → 200", "p50 %.1f ms, p95 %.1f ms, max %.1f ms", s.Answered.P50, s.Answered.P95, s.Answered.Max),
		{What: "失败 failed", Got: measure.Plain("", "%d of %d, %d resent", s.Failed, s.Calls+s.Failed, s.Resent).Got, Want: "0", Verdict: measure.Judge(s.Failed == 0)},
		measure.Plain("网关处理器 gateway CPU per call", "%.2f ms", s.CPU),
		measure.Plain("空闲呼叫内存 memory per idle call", "%.0f KiB signalling and media, %.0f KiB with conversation (%d calls)", s.BareKiB, s.IdleKiB, s.IdleCalls),
		measure.Plain("空闲呼叫处理器 CPU per idle conversation", "%.2f %% of a core", s.IdleCPU),
	}
}

func (*BenchSetupCmd) measure(b bench) (measured, error) {
	result := &setupResult{IdleCalls: 500}
	length := 10 * time.Second
	if b.Quick {
		result.IdleCalls, length = 50, 2*time.Second
	}
	err := b.withCrowd(kindBare, func(r *rig, c *crowd.Crowd) (err error) {
		if result.BareKiB, _, err = idleCost(b.env.Ctx, r, c, result.IdleCalls); err != nil {
			return err
		}
		return result.load(b.env.Ctx, r, c, length)
	})
	if err != nil {
		return nil, err
	}
	return result, b.withCrowd(kindSilent, func(r *rig, c *crowd.Crowd) (err error) {
		result.IdleKiB, result.IdleCPU, err = idleCost(b.env.Ctx, r, c, result.IdleCalls)
		return err
	})
}

// withCrowd runs a gateway and callers.
func (b bench) withCrowd(kind gatewayKind, do func(*rig, *crowd.Crowd) error) (err error) {
	r, err := b.start(b.env.Ctx, kind)
	if err != nil {
		return err
	}
	defer func() {
		if closed := r.close(); err == nil {
			err = closed
		}
	}()
	server, err := netip.ParseAddrPort(r.UDP)
	if err != nil {
		return err
	}
	c, err := crowd.New(server)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return do(r, c)
}

// callersAtOnce is how many calls are set up side by side.
const callersAtOnce = 32

// load calls and hangs up as fast as the gateway answers.
func (s *setupResult) load(ctx context.Context, r *rig, c *crowd.Crowd, length time.Duration) error {
	var mu sync.Mutex
	var times measure.Times
	var callers sync.WaitGroup
	used, err := r.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	for range callersAtOnce {
		callers.Go(func() {
			for time.Since(began) < length && ctx.Err() == nil {
				asked := time.Now()
				call, err := c.Dial(ctx, 0)
				took, resent := time.Since(asked), 0
				if err == nil {
					err = call.Hangup(ctx)
					resent = call.Resent
				}
				mu.Lock()
				s.Resent += resent
				if err != nil {
					s.Failed++
				} else {
					s.Calls++
					times = append(times, took)
				}
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	s.PerSecond = float64(s.Calls) / time.Since(began).Seconds()
	s.Answered = times.Spread()
	after, err := r.cpu()
	if s.Calls == 0 {
		return hotline.Errorf("call", hotline.CodeUnavailable, "no call was answered\n%s", r.log.String())
	}
	s.CPU = measure.MS(after-used) / float64(s.Calls)
	return err
}

// settleFor lets a gateway come to rest, and idleFor is how long its processor time is watched.
const (
	settleFor = 3 * time.Second
	idleFor   = 5 * time.Second
)

// idleCost returns what each of so many silent calls adds to the gateway's resident memory and how much
// of a core, in percent, it takes.
func idleCost(ctx context.Context, r *rig, c *crowd.Crowd, calls int) (kib, percent float64, err error) {
	if err := hangUpAll(ctx, c, 8); err != nil { // what is made once must not count
		return 0, 0, err
	}
	before, err := r.rss()
	if err != nil {
		return 0, 0, err
	}
	open, err := dialAll(ctx, c, calls)
	if err != nil {
		return 0, 0, err
	}
	if err := sleep(ctx, settleFor); err != nil {
		return 0, 0, err
	}
	used, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	if err := sleep(ctx, idleFor); err != nil {
		return 0, 0, err
	}
	spent, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	during, err := r.rss()
	if err != nil {
		return 0, 0, err
	}
	for _, call := range open {
		if err := call.Hangup(ctx); err != nil {
			return 0, 0, err
		}
	}
	return float64(during-before) / 1024 / float64(calls), 100 * (spent - used).Seconds() / idleFor.Seconds() / float64(calls), nil
}

func hangUpAll(ctx context.Context, c *crowd.Crowd, calls int) error {
	open, err := dialAll(ctx, c, calls)
	for _, call := range open {
		if failed := call.Hangup(ctx); err == nil {
			err = failed
		}
	}
	return err
}

// dialAll places calls that nobody listens to.
func dialAll(ctx context.Context, c *crowd.Crowd, calls int) ([]*crowd.Call, error) {
	open := make([]*crowd.Call, calls)
	var next atomic.Int64
	var dialling errgroup.Group
	for range callersAtOnce {
		dialling.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= calls {
					return nil
				}
				call, err := c.Dial(ctx, 0)
				if err != nil {
					return err
				}
				open[i] = call
			}
		})
	}
	return open, dialling.Wait()
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
