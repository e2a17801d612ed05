package webrtc

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hotline-cc/hotline/internal/source"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/webrtc/join"
)

const (
	// kept is the part of all places that callers cannot take, 1/kept: whatever callers do, agents and supervisors come in.
	kept = 5
	// ofOne is the part of the set-ups of callers that are open to one address, 1/ofOne.
	ofOne = 2
)

// admission counts legs against the limits.
type admission struct {
	limits Limits
	clock  media.Clock
	pace   *rate.Limiter // of callers

	mu           sync.Mutex
	all, callers places
	houses       map[netip.Addr]*house
	draining     bool
	empty        chan struct{} // closed when draining and no leg is left
}

// places are what legs have taken.
type places struct{ legs, settingUp int }

// house is the callers who have one address: a person, an office, or the customers behind a carrier's NAT.
type house struct {
	places
	pace *rate.Limiter
}

func newAdmission(l Limits, clock media.Clock) *admission {
	return &admission{
		limits: l, clock: clock, pace: newPace(l.SetupsPerSecond), houses: make(map[netip.Addr]*house), empty: make(chan struct{}),
	}
}

func newPace(perSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

// permit is the place of one leg.
type permit struct {
	of       *admission
	counts   []*places
	paces    []*rate.Limiter
	answered bool
	once     sync.Once
}

// enter takes a place. It does not count against the pace yet, so that an offer whose token is no good costs others nothing.
func (a *admission) enter(role join.Role, from netip.Addr) (*permit, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &permit{of: a, counts: []*places{&a.all}}
	switch {
	case a.draining:
		return nil, refuse(statusUnavailable, "shutting down")
	case a.all.legs >= a.limits.Legs:
		return nil, refuse(statusUnavailable, "too many calls")
	case a.all.settingUp >= a.limits.SettingUp:
		return nil, refuse(statusUnavailable, "too many calls being set up")
	}
	if role != join.Agent && role != join.Supervisor {
		h, err := a.receive(from)
		if err != nil {
			return nil, err
		}
		p.counts, p.paces = append(p.counts, &a.callers, &h.places), []*rate.Limiter{a.pace, h.pace}
	}
	for _, c := range p.counts {
		c.legs++
		c.settingUp++
	}
	return p, nil
}

// receive decides on a caller and returns the house it is from. It is called with the lock held.
func (a *admission) receive(from netip.Addr) (*house, error) {
	l, now := a.limits, a.clock.Now()
	legs, settingUp := l.Legs-l.Legs/kept, l.SettingUp-l.SettingUp/kept
	switch {
	case a.callers.legs >= legs:
		return nil, refuse(statusUnavailable, "too many calls")
	case a.callers.settingUp >= settingUp:
		return nil, refuse(statusUnavailable, "too many calls being set up")
	case a.pace.TokensAt(now) < 1:
		return nil, refuse(statusTooMany, "too many calls a second")
	}
	h := a.house(source.Key(from), now)
	switch {
	case h.legs >= l.PerAddress:
		return nil, refuse(statusTooMany, "too many calls from your address")
	case h.settingUp >= max(1, settingUp/ofOne):
		return nil, refuse(statusTooMany, "too many calls being set up from your address")
	case h.pace.TokensAt(now) < 1:
		return nil, refuse(statusTooMany, "too many calls a second from your address")
	}
	return h, nil
}

// house returns who an address is. Those are forgotten that have no leg and would be let in at once.
func (a *admission) house(from netip.Addr, now time.Time) *house {
	h := a.houses[from]
	if h == nil {
		maps.DeleteFunc(a.houses, func(_ netip.Addr, h *house) bool {
			return h.legs == 0 && h.pace.TokensAt(now) >= float64(h.pace.Burst())
		})
		h = &house{pace: newPace(a.limits.SetupsPerSecond / ofOne)}
		a.houses[from] = h
	}
	return h
}

// spend counts the leg against the pace.
func (p *permit) spend() {
	for _, pace := range p.paces {
		pace.AllowN(p.of.clock.Now(), 1)
	}
}

// begin tells that the sound has begun.
func (p *permit) begin() {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if p.answered {
		return
	}
	p.answered = true
	for _, c := range p.counts {
		c.settingUp--
	}
}

// leave gives the place back. Only the first time counts.
func (p *permit) leave() {
	p.once.Do(func() {
		p.begin()
		a := p.of
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, c := range p.counts {
			c.legs--
		}
		a.tellEmpty()
	})
}

func (a *admission) drain() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.draining {
		a.draining = true
		a.tellEmpty()
	}
	return a.empty
}

// tellEmpty is called with the lock held, once for each leg that leaves.
func (a *admission) tellEmpty() {
	if !a.draining || a.all.legs > 0 {
		return
	}
	select {
	case <-a.empty:
	default:
		close(a.empty)
	}
}
