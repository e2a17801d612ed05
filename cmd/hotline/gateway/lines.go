package gateway

import (
	"context"
	"errors"
	"sync"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/webrtc"
)

// lines reaches people for conversations; it implements call.Lines.
type lines struct {
	gateway *Gateway
	caller  string   // whose conversation it is, told to phones
	attend  string   // the agent for whom the call was made
	own     *sip.Leg // the phone they have picked up for it, until they are joined
}

// Dial calls a phone, a number or a service.
func (l *lines) Dial(ctx context.Context, to desk.Target) (call.Leg, error) {
	g := l.gateway
	dial, err := g.dialOf(to)
	if err != nil {
		return nil, err
	}
	ring := g.phone.Dial
	if to.Extension != "" {
		dial.From, ring = shown(l.caller), g.dialExtension
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Desk.Dial)
	defer cancel()
	leg, err := ring(ctx, dial)
	if err != nil {
		return nil, &desk.Unreached{Reason: reasonOf(ctx, err), Err: err}
	}
	return line{leg}, nil
}

// dialOf is how a target is called. A number has to be on the allow-list, a service to have one.
func (g *Gateway) dialOf(to desk.Target) (sip.Dial, error) {
	refuse := func(reason desk.Reason, format string, args ...any) (sip.Dial, error) {
		return sip.Dial{}, &desk.Unreached{Reason: reason, Err: hotline.Errorf("dial", hotline.CodeForbidden, format, args...)}
	}
	number := to.Number
	switch {
	case to.Extension != "":
		return sip.Dial{User: to.Extension}, nil
	case to.Service != "":
		if number = g.cfg.Desk.Services[to.Service]; number == "" {
			return refuse(desk.Forbidden, "没有配置 %s 的号码 desk.services has no number for it", to.Service)
		}
	case !allowed(g.cfg.Desk.Allow, number):
		return refuse(desk.Forbidden, "该号码不在允许外呼的名单中 desk.allow does not have the number")
	}
	if g.cfg.Desk.Trunk == "" {
		return refuse(desk.Network, "没有外线 desk.trunk is not set")
	}
	return sip.Dial{Trunk: g.cfg.Desk.Trunk, Number: number}, nil
}

// reasonOf is why a call did not come about.
func reasonOf(ctx context.Context, err error) desk.Reason {
	var status *sip.StatusError
	switch {
	case errors.As(err, &status):
		switch status.Status {
		case 486, 600:
			return desk.BusyLine
		case 603, 403:
			return desk.Declined
		case 408, 480, 487:
			return desk.NoAnswer
		}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return desk.NoAnswer
	}
	return desk.Network
}

// SendKeys presses keys.
func (l line) SendKeys(keys ...dtmf.Key) error { return l.Leg.SendKeys(0, keys...) }

// Forward passes the sound of two phones through, undecoded; see call.Passer.
func (l line) Forward(to call.Leg) (func(), <-chan struct{}, error) {
	other, ok := to.(line)
	if !ok {
		return nil, nil, hotline.Errorf("forward", hotline.CodeUnsupported, "only phones pass sound through")
	}
	there, err := l.Leg.Forward(other.Leg)
	if err != nil {
		return nil, nil, err
	}
	back, err := other.Leg.Forward(l.Leg)
	if err != nil {
		there.Stop()
		return nil, nil, err
	}
	over := make(chan struct{})
	go func() { // until either way ends, which Stop and the end of either leg bring about
		defer close(over)
		select {
		case <-there.Done():
		case <-back.Done():
		}
		there.Stop()
		back.Stop()
	}()
	return func() { there.Stop(); back.Stop() }, over, nil
}

// Line implements call.Lines.
func (l *lines) Line(agent string) (call.Leg, error) {
	if own := l.own; own != nil && agent == l.attend {
		l.own = nil
		return line{own}, nil
	}
	return l.gateway.people.headsets.use(agent)
}

// headsets are the consoles' connections for sound. One lasts for the whole shift and is lent to one
// conversation after another.
type headsets struct {
	desk *desk.Desk

	telling sync.Mutex // the desk; taken before mu

	mu sync.Mutex
	by map[string]*headset
}

type headset struct {
	leg  *webrtc.Leg
	lent *loan // the latest
}

// serve keeps a headset until its leg ends. One that comes for the same agent takes its place.
func (h *headsets) serve(ctx context.Context, agent string, leg *webrtc.Leg) {
	own := &headset{leg: leg}
	h.mu.Lock()
	before := h.by[agent]
	h.by[agent] = own
	inUse := before != nil && before.lent != nil
	h.mu.Unlock()
	if inUse { // else the conversation would keep the one before
		h.tell(ctx, agent, false)
	}
	if before != nil {
		_ = before.leg.Hangup(ctx, "replaced")
	}
	h.tell(ctx, agent, true)
	select {
	case <-leg.Done():
	case <-ctx.Done():
	}
	h.mu.Lock()
	if h.by[agent] == own {
		delete(h.by, agent)
	}
	h.mu.Unlock()
	h.telling.Lock()
	defer h.telling.Unlock()
	if !h.up(agent) { // or the next one's word would be overtaken
		h.line(context.WithoutCancel(ctx), agent, false)
	}
}

func (h *headsets) tell(ctx context.Context, agent string, up bool) {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.line(ctx, agent, up)
}

func (h *headsets) line(ctx context.Context, agent string, up bool) {
	if h.desk != nil {
		_ = h.desk.Line(ctx, agent, desk.Browser, up) // who is not in the roster has no use for it
	}
}

// up tells whether the headset of an agent is connected.
func (h *headsets) up(agent string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.by[agent] != nil
}

// use lends the headset of an agent to a conversation; the one before has lost it then.
func (h *headsets) use(agent string) (call.Leg, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.by[agent]
	if own == nil {
		return nil, &desk.Unreached{Reason: desk.Network, Err: hotline.Errorf("connect headset", hotline.CodeNotFound, "座席 %s 没有接通耳机 the agent has no headset", agent)}
	}
	own.lent = &loan{Leg: own.leg, of: own, headsets: h}
	return own.lent, nil
}

// loan is a headset as a conversation has it. Its end is not the conversation's affair but the desk's,
// which waits for the console to come back.
type loan struct {
	*webrtc.Leg
	of       *headset
	headsets *headsets
}

// Ended never tells anything.
func (*loan) Ended() <-chan hotline.Ended { return nil }

// Join connects the sound, unless the headset has been lent to another since.
func (l *loan) Join(sink media.Sink, source media.Source) error {
	l.headsets.mu.Lock()
	defer l.headsets.mu.Unlock()
	if l.of.lent != l {
		return hotline.Errorf("join headset", hotline.CodeConflict, "it is in use elsewhere")
	}
	return l.Leg.Join(sink, source)
}

// Hangup gives the headset back.
func (l *loan) Hangup(context.Context, string) error {
	l.headsets.mu.Lock()
	defer l.headsets.mu.Unlock()
	if l.of.lent != l {
		return nil
	}
	l.of.lent = nil
	return l.Leg.Join(nil, nil)
}
