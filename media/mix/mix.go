// Package mix lets several parties of a call hear each other: everybody hears the sum of those the
// caller of this package lets them hear, and never themselves.
//
// Legs tick at moments of their own within the 20 ms, from any goroutine. A frame is therefore
// heard at the first tick of the listener that comes at least half a tick after it was said: 10 to
// 30 ms later, 20 on average. From then on each tick of the listener takes one frame. As long as
// the moments of both ticks shift by less than half a tick against each other, none is lost or
// doubled; whatever else happens, at most two frames wait, and what is cut is joined without a
// click. Rates that differ from the mixer's add the delay of package resample, 3 ms or less at
// each end.
package mix

import (
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// MaxParties is how many parties a mixer takes.
const MaxParties = 8

// rampTime is how long sound takes to appear and to go where it would otherwise click.
const rampTime = 5 * time.Millisecond

// A Mixer joins parties. It is safe for concurrent use; its lock is held for the sum of one tick.
type Mixer struct {
	format media.Format // of the sums
	ramp   int          // rampTime in samples
	clock  media.Clock

	mu      sync.Mutex
	parties [MaxParties]*Port
	ears    []*ear // of the parties and the taps
	may     func(listener, speaker *Port) bool
}

// New returns a mixer that sums at a rate in Hz (8000…48000, whole samples in a tick): the highest
// of the expected parties, or 16000. A clock of nil is the system's.
func New(rate int, clock media.Clock) (*Mixer, error) {
	format := media.Mono(rate)
	if err := check("make mixer", format); err != nil {
		return nil, err
	}
	if clock == nil {
		clock = media.SystemClock{}
	}
	return &Mixer{format: format, ramp: int(int64(rate) * int64(rampTime) / int64(time.Second)), clock: clock}, nil
}

func check(op string, f media.Format) error {
	if f.Channels != 1 || f.Rate < 8000 || f.Rate > 48000 || f.Rate%50 != 0 {
		return hotline.Errorf(op, hotline.CodeUnsupported, "%v: want mono at 8000…48000 Hz in whole ticks", f)
	}
	return nil
}

// Route sets who hears whom, for all pairs at once and for whoever joins later: may is asked for
// each pair of a listener and another speaker, now and when one of them joins, and must not call
// the mixer. When what it would answer changes, call Route again. What opens and closes does so
// within 5 ms. Before the first Route, and with nil, everybody hears everybody.
func (m *Mixer) Route(may func(listener, speaker *Port) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.may = may
	for _, e := range m.ears {
		for slot := range m.parties {
			m.route(e, slot)
		}
	}
}

// route decides whether an ear hears the party in a slot. The mixer is locked.
func (m *Mixer) route(e *ear, slot int) {
	speaker := m.parties[slot]
	switch {
	case speaker == nil || speaker == e.port:
		e.from[slot].open = false
	case e.port == nil || m.may == nil:
		e.from[slot].open = true
	default:
		e.from[slot].open = m.may(e.port, speaker)
	}
}

// Join lets a party in that speaks and hears mono in a format of its own. Its name tells it from
// the others: one taken is CodeConflict, more than MaxParties CodeOverload. Nobody hears the party,
// and it hears nobody, unless the routing says so.
func (m *Mixer) Join(name string, format media.Format) (*Port, error) {
	const op = "join mixer"
	if err := check(op, format); err != nil {
		return nil, err
	}
	p, err := newPort(m, name, format)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	slot := -1
	for i, other := range m.parties {
		if other == nil && slot < 0 {
			slot = i
		}
		if other != nil && other.name == name {
			return nil, hotline.Errorf(op, hotline.CodeConflict, "%q has joined already", name)
		}
	}
	if slot < 0 {
		return nil, hotline.Errorf(op, hotline.CodeOverload, "%d parties are the most", MaxParties)
	}
	m.parties[slot] = p
	for _, e := range m.ears {
		e.from[slot] = hearing{}
		m.route(e, slot)
	}
	m.enter(&p.ear)
	return p, nil
}

// enter lets an ear hear what is said from here on. The mixer is locked.
func (m *Mixer) enter(e *ear) {
	m.ears = append(m.ears, e)
	for slot, speaker := range m.parties {
		if speaker != nil {
			e.from[slot].next = speaker.voice.said
		}
		m.route(e, slot)
	}
}

// leave takes a party out. What is left of its sound fades in everybody's next tick.
func (m *Mixer) leave(p *Port) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for slot := range m.parties {
		if m.parties[slot] != p {
			continue
		}
		for _, e := range m.ears {
			e.letGo(slot, &p.voice, m.ramp)
		}
		m.parties[slot] = nil
	}
	m.dropEar(&p.ear)
}

// dropEar forgets a listener. The mixer is locked.
func (m *Mixer) dropEar(gone *ear) {
	gone.deaf = true
	for i, e := range m.ears {
		if e == gone {
			m.ears = append(m.ears[:i], m.ears[i+1:]...)
			return
		}
	}
}

// say keeps a tick of what a party says.
func (m *Mixer) say(p *Port, pcm []int16) {
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	p.voice.keep(pcm, now)
}

// hear fills sum with what an ear hears in its next tick and returns of how many voices.
func (m *Mixer) hear(e *ear, sum []int32) (voices int) {
	clear(sum)
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.deaf {
		return 0
	}
	for slot, speaker := range m.parties {
		if speaker != nil && speaker != e.port && e.from[slot].hear(&speaker.voice, now, sum, m.ramp) {
			voices++
		}
	}
	if e.fading > 0 {
		voices += e.fading
		for i, v := range e.fade {
			sum[i] += v
		}
		clear(e.fade)
		e.fading = 0
	}
	return voices
}
