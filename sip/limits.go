package sip

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip/screen"
)

// Limits bound what strangers and friends can ask of us. Zero values take the defaults.
type Limits struct {
	Calls          int           // at once, default 1000
	SettingUp      int           // calls not answered yet, default 200
	CallsPerSecond float64       // taken, on average; default 100, bursts of a second's worth
	Connections    int           // TCP and TLS, default 1000
	PerSource      int           // connections of one address, default 50
	Idle           time.Duration // until a silent connection is closed, default 10 min
	Bindings       int           // phones registered for one user, default 5
	RetryAfter     time.Duration // told when over a limit, default 10 s
	// Source is how many packets an address may send; Trusted and Now are filled in.
	Source screen.LimiterConfig
}

func (l Limits) withDefaults() (Limits, error) {
	defaults := []struct {
		name  string
		value *int
		def   int
	}{
		{"Calls", &l.Calls, 1000}, {"SettingUp", &l.SettingUp, 200}, {"Connections", &l.Connections, 1000},
		{"PerSource", &l.PerSource, 50}, {"Bindings", &l.Bindings, 5},
	}
	for _, d := range defaults {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < 1 || *d.value > 1_000_000 {
			return l, fmt.Errorf("sip limits: %s %d is not within 1…1000000", d.name, *d.value)
		}
	}
	if l.CallsPerSecond == 0 {
		l.CallsPerSecond = 100
	}
	if l.CallsPerSecond < 0.1 {
		return l, fmt.Errorf("sip limits: CallsPerSecond %g is below 0.1", l.CallsPerSecond)
	}
	if l.Idle == 0 {
		l.Idle = 10 * time.Minute
	}
	if l.RetryAfter == 0 {
		l.RetryAfter = 10 * time.Second
	}
	if l.Idle < time.Second || l.RetryAfter < time.Second {
		return l, fmt.Errorf("sip limits: Idle %v and RetryAfter %v must be at least 1 s", l.Idle, l.RetryAfter)
	}
	return l, nil
}

// newLimiter returns the limiter of packets by source. Trunks may send more.
func (e *Endpoint) newLimiter() (*screen.Limiter, error) {
	cfg := e.cfg.Limits.Source
	cfg.Now = e.clock.Now
	for _, t := range e.trunks {
		cfg.Trusted = append(cfg.Trusted, t.nets...)
	}
	return screen.NewLimiter(cfg)
}

// admission counts calls against the limits. It is safe for concurrent use.
type admission struct {
	limits Limits
	pace   *rate.Limiter

	mu        sync.Mutex
	calls     int
	settingUp int
	perTrunk  map[*trunk]int
	draining  bool
	empty     chan struct{} // closed when draining and no call is left
}

func newAdmission(l Limits) *admission {
	return &admission{
		limits: l, pace: rate.NewLimiter(rate.Limit(l.CallsPerSecond), max(1, int(l.CallsPerSecond))),
		perTrunk: make(map[*trunk]int), empty: make(chan struct{}),
	}
}

// permit is the place one call takes.
type permit struct {
	of       *admission
	trunk    *trunk
	answered bool
	released bool
}

// enter takes a place for a call, or says which limit is in the way.
func (a *admission) enter(t *trunk, inbound bool, now time.Time) (*permit, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	refuse := func(why string) (*permit, error) {
		return nil, hotline.Errorf("admit call", hotline.CodeOverload, "%s", why)
	}
	switch {
	case a.draining:
		return refuse("draining")
	case a.calls >= a.limits.Calls:
		return refuse("too many calls")
	case a.settingUp >= a.limits.SettingUp:
		return refuse("too many calls being set up")
	case t != nil && t.MaxCalls > 0 && a.perTrunk[t] >= t.MaxCalls:
		return refuse("too many calls of the trunk")
	case inbound && !a.pace.AllowN(now, 1):
		return refuse("too many calls per second")
	}
	a.calls++
	a.settingUp++
	if t != nil {
		a.perTrunk[t]++
	}
	return &permit{of: a, trunk: t}, nil
}

// up says that the call has been answered.
func (p *permit) up() {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	p.settle()
}

func (p *permit) settle() {
	if !p.answered {
		p.answered = true
		p.of.settingUp--
	}
}

// leave gives the place back. It may be called more than once.
func (p *permit) leave() {
	a := p.of
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.released {
		return
	}
	p.released = true
	p.settle()
	a.calls--
	if p.trunk != nil {
		a.perTrunk[p.trunk]--
	}
	if a.draining && a.calls == 0 {
		close(a.empty)
	}
}

// drain refuses calls from now on; the channel is closed when none is left.
func (a *admission) drain() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.draining {
		a.draining = true
		if a.calls == 0 {
			close(a.empty)
		}
	}
	return a.empty
}

func (a *admission) isDraining() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.draining
}

func (a *admission) counts() (calls, settingUp int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls, a.settingUp
}
