package pace_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member notes when it was ticked and when it should have been.
type member struct {
	due, at []time.Time
	work    func()
}

func (m *member) Tick(now time.Time) {
	m.due, m.at = append(m.due, now), append(m.at, time.Now())
	if m.work != nil {
		m.work()
	}
}

// run runs a pacer until the test's function returns.
func run(t *testing.T, cfg pace.Config, f func(p *pace.Pacer)) {
	t.Helper()
	p, err := pace.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	f(p)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestMembersAreTickedEveryTick(t *testing.T) {
	for _, shards := range []int{1, 3} {
		t.Run(fmt.Sprint(shards, " shards"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				members := make([]member, 50)
				run(t, pace.Config{Shards: shards}, func(p *pace.Pacer) {
					for i := range members {
						p.Add(&members[i])
					}
					time.Sleep(time.Second + media.Tick/2)
				})
				for i := range members {
					m := &members[i]
					if len(m.due) < 49 || len(m.due) > 51 {
						t.Errorf("member %d: %d ticks in a second", i, len(m.due))
					}
					for k := 1; k < len(m.due); k++ {
						if got := m.due[k].Sub(m.due[k-1]); got != media.Tick {
							t.Fatalf("member %d: %v between ticks", i, got)
						}
					}
					if !slices.EqualFunc(m.due, m.at, time.Time.Equal) {
						t.Errorf("member %d: ticked late on an idle machine", i)
					}
				}
			})
		})
	}
}

func TestMembersAreSpreadOverTheTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members := make([]member, 40)
		run(t, pace.Config{Slots: 20}, func(p *pace.Pacer) {
			for i := range members {
				p.Add(&members[i])
			}
			time.Sleep(3 * media.Tick)
		})
		moments := make(map[time.Duration]int)
		for i := range members {
			// Those added first may have been ticked a period before those added last.
			moments[(members[i].due[0].Sub(members[0].due[0])+media.Tick)%media.Tick]++
		}
		want := make(map[time.Duration]int)
		for i := range 20 {
			want[time.Duration(i)*time.Millisecond] = 2
		}
		if diff := cmp.Diff(want, moments); diff != "" {
			t.Error(diff)
		}
	})
}

func TestALeavingMemberMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first, second, third member
		run(t, pace.Config{Slots: 2}, func(p *pace.Pacer) {
			leave := p.Add(&first)
			p.Add(&second)
			time.Sleep(3 * media.Tick)
			leave()
			leave()
			n := len(first.due)
			p.Add(&third)
			time.Sleep(3 * media.Tick)
			if len(first.due) != n {
				t.Error("ticked after it had left")
			}
			if p.Members() != 2 {
				t.Errorf("%d members, want 2", p.Members())
			}
		})
		apart := third.due[0].Sub(second.due[0]) % media.Tick
		if apart == 0 {
			t.Error("the newcomer got the slot that was taken")
		}
	})
}

func TestAStallIsNotCaughtUpInABurst(t *testing.T) {
	for _, tt := range []struct {
		stall time.Duration
		late  int // ticks that come late after it
	}{
		{5 * time.Millisecond, 0}, {30 * time.Millisecond, 1}, {70 * time.Millisecond, 2}, {time.Second, 2},
	} {
		t.Run(tt.stall.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var m member
				m.work = func() {
					if len(m.due) == 10 {
						time.Sleep(tt.stall)
					}
				}
				run(t, pace.Config{}, func(p *pace.Pacer) {
					p.Add(&m)
					time.Sleep(2 * time.Second)
				})
				late := 0
				for i := range m.at {
					if m.at[i].After(m.due[i]) {
						late++
					}
					if i > 0 {
						if step := m.due[i].Sub(m.due[i-1]); step <= 0 || step%media.Tick != 0 {
							t.Fatalf("%v between ticks", step)
						}
					}
				}
				if late > tt.late {
					t.Errorf("%d ticks after the stall came late, want at most %d", late, tt.late)
				}
				last := len(m.at) - 1
				if late := m.at[last].Sub(m.due[last]); late > 0 {
					t.Errorf("still %v late at the end", late)
				}
			})
		})
	}
}

// In real time: a bubble of synctest cannot go on while one of its goroutines waits for a mutex.
func TestRemovalWaitsForARunningTick(t *testing.T) {
	var m member
	var inside atomic.Bool
	m.work = func() {
		inside.Store(true)
		time.Sleep(3 * time.Millisecond)
		inside.Store(false)
	}
	run(t, pace.Config{}, func(p *pace.Pacer) {
		remove := p.Add(&m)
		for !inside.Load() {
			time.Sleep(100 * time.Microsecond)
		}
		remove()
		if inside.Load() {
			t.Error("removed while its Tick was running")
		}
	})
}

func TestStatsTellHowLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := member{work: func() { time.Sleep(4 * time.Millisecond) }}
		var behind member
		run(t, pace.Config{Slots: 1}, func(p *pace.Pacer) {
			if got := p.Stats().Quantile(0.99); got != 0 {
				t.Errorf("quantile without ticks is %v", got)
			}
			p.Add(&slow)
			p.Add(&behind)
			time.Sleep(time.Second + media.Tick/2)
			s := p.Stats()
			if s.Members != 2 || s.Ticks < 98 || s.Skipped != 0 {
				t.Errorf("members %d, ticks %d, skipped %d", s.Members, s.Ticks, s.Skipped)
			}
			if low, high := s.Quantile(0.4), s.Quantile(0.99); low != 250*time.Microsecond || high != 5*time.Millisecond {
				t.Errorf("quantiles 0.4 and 0.99 are %v and %v", low, high)
			}
			if mean := s.Sum / time.Duration(s.Ticks); mean != 2*time.Millisecond {
				t.Errorf("mean lateness %v, want 2ms", mean)
			}
		})
	})
}

func TestRefusedConfigurations(t *testing.T) {
	for _, cfg := range []pace.Config{{Slots: -1}, {Slots: 201}, {Shards: -1}, {Slots: 4, Shards: 5}} {
		if _, err := pace.New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// deviant measures how uneven its ticks are.
type deviant struct {
	last time.Time
	off  []time.Duration
}

func (d *deviant) Tick(time.Time) {
	now := time.Now()
	if !d.last.IsZero() && len(d.off) < cap(d.off) {
		d.off = append(d.off, (now.Sub(d.last) - media.Tick).Abs())
	}
	d.last = now
}

// BenchmarkPacing reports how far the time between two ticks of a member is from media.Tick.
func BenchmarkPacing(b *testing.B) {
	for _, n := range []int{100, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, err := pace.New(pace.Config{})
			if err != nil {
				b.Fatal(err)
			}
			members := make([]deviant, n)
			for i := range members {
				members[i].off = make([]time.Duration, 0, 1000)
				p.Add(&members[i])
			}
			ctx, cancel := context.WithTimeout(b.Context(), max(time.Duration(b.N)*media.Tick, 10*media.Tick))
			defer cancel()
			b.ReportAllocs()
			if err := p.Run(ctx); err != nil {
				b.Fatal(err)
			}
			var all []time.Duration
			for i := range members {
				all = append(all, members[i].off...)
			}
			slices.Sort(all)
			at := func(part float64) float64 {
				return float64(all[int(math.Floor(part*float64(len(all)-1)))]) / float64(time.Millisecond)
			}
			b.ReportMetric(at(0.5), "ms-p50")
			b.ReportMetric(at(0.99), "ms-p99")
			b.ReportMetric(at(1), "ms-max")
		})
	}
}
