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
		if s.port != nil {
			parties[s.port] = s.party
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
