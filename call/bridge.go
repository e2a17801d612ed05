package call

import (
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/mix"
)

// bridge joins the caller's line with those of other people. It is made when the first of them comes.
type bridge struct {
	mixer       *mix.Mixer
	caller, bot *mix.Port
	tap         *mix.Tap
}

// newBridge connects a line. The bot speaks to the caller by itself, without the mixer's delay; its
// port is for those who listen in.
func newBridge(l *line, clock media.Clock) (*bridge, error) {
	mixer, err := mix.New(l.format.Rate, clock)
	if err != nil {
		return nil, err
	}
	b := &bridge{mixer: mixer}
	mixer.Route(func(_, _ *mix.Port) bool { return false })
	if b.caller, err = mixer.Join(string(handoff.RoleCaller), l.format); err != nil {
		return nil, err
	}
	if b.bot, err = mixer.Join(string(handoff.RoleBot), l.format); err != nil {
		return nil, err
	}
	b.tap = mixer.Tap()
	l.others.Store(&others{caller: b.caller, bot: b.bot, tap: b.tap, heard: make([]int16, l.format.TickSamples())})
	return b, nil
}

// route lets those hear each other who may.
func (b *bridge) route(l handoff.Layout, seats []*seat) {
	if b == nil {
		return
	}
	parties := map[*mix.Port]handoff.Party{b.caller: {Role: handoff.RoleCaller}, b.bot: {Role: handoff.RoleBot}}
	for _, s := range seats {
		if port := s.port.Load(); port != nil {
			parties[port] = s.party
		}
	}
	b.mixer.Route(func(listener, speaker *mix.Port) bool {
		hearing, known := parties[listener]
		speaking, too := parties[speaker]
		direct := listener == b.caller && speaker == b.bot
		return known && too && !direct && handoff.Hears(l, hearing, speaking)
	})
}

func (b *bridge) close() {
	if b != nil {
		b.tap.Close()
	}
}

// Passer is a Leg that can pass sound to another and back without decoding it. While it does, its Sink
// and Source rest. stop ends that; over is closed when it has ended, by whatever cause.
type Passer interface {
	Forward(to Leg) (stop func(), over <-chan struct{}, err error)
}

// pass lets the sound of the caller and of one other party through as it is, when nobody needs to hear
// it: nothing is recorded or written down, nobody else is there, and both speak the same codec. Else
// the mixer joins them.
func (c *Conversation) pass() {
	partner := c.partner()
	if partner == c.passing {
		return
	}
	if c.unpass != nil {
		c.unpass()
		c.unpass = nil
	}
	c.passing = partner
	if partner == nil {
		return
	}
	caller, ok := c.leg.(Passer)
	if !ok {
		return
	}
	stop, over, err := caller.Forward(partner.leg)
	if err != nil {
		c.cfg.Logger.Debug("sound is mixed", "reason", err)
		return
	}
	_, _ = c.leg.Join(nil, nil), partner.leg.Join(nil, nil) // nothing is decoded for us
	c.unpass = func() {
		stop()
		_, _ = c.leg.Join(c.line, c.line), partner.leg.Join(partner, partner) // a leg that has ended takes none
	}
	c.tasks.Go(func() {
		<-over // by itself when a later offer brings another codec: the mixer takes over
		c.later(func() {
			if c.passing == partner && c.unpass != nil {
				c.unpass()
				c.unpass = nil
			}
		})
	})
}

// partner is the one other party when its sound may pass through undecoded, nil when it may not.
func (c *Conversation) partner() *seat {
	everybody := c.everybody()
	if c.cfg.Recorder != nil || c.cfg.Ear != nil || c.layout != handoff.Together || len(everybody) != 1 || everybody[0].leg == nil || everybody[0].party.Muted {
		return nil
	}
	return everybody[0]
}
