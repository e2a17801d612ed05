package main

import (
	"net/http"
	"time"

	"github.com/hotline-cc/hotline/desk/handoff"
)

// onHold is a caller whom the phone of the agent holds for longer than a phone may be silent without being asked whether
// it is there, alone and beside a number that is consulted.
func onHold(x *switchboard, han, _ *phoneAgent) {
	c, id := x.talk(han)
	phase := func(want handoff.Phase) {
		x.t.Helper()
		x.await("shown as "+string(want), func() bool { return x.phase(han, id) == want })
	}

	han.Do("hold", "")
	phase(handoff.Held)
	c.hasMusic(2*silence, hanTone)
	if status, err := order(han.deskAgent, id, "resume", nil); status != http.StatusConflict {
		x.t.Errorf("the console ends what the phone has begun: %d %v", status, err)
	}
	han.Do("resume", "")
	c.hears(hanTone)
	phase(handoff.Talking)

	han.Do("hold", "")
	phase(handoff.Held)
	x.must(order(han.deskAgent, id, "consult", map[string]string{"number": colleague}))
	x.carrier.Wait("CALL_ESTABLISHED")
	c.joined(colleague, "peer")
	x.hears(x.carrier, musicNote)
	c.hasMusic(time.Second, hanTone, trunkTone)
	x.must(order(han.deskAgent, id, "merge", nil))
	c.hears(trunkTone)
	x.hears(x.carrier, callerTone)
	x.carrier.As(colleague, "hold")
	c.hasMusic(time.Second, hanTone, trunkTone)
	han.Do("resume", "")
	c.hears(hanTone)
	x.must(order(han.deskAgent, id, "drop", nil))
	x.carrier.Wait("CALL_CLOSED")

	han.Do("hold", "")
	phase(handoff.Held)
	han.Do("hangup", "")
	c.grades(han)
	c.ended()
	x.apart(id, map[string]float64{"caller": callerTone, "agent:" + han.id: hanTone, "peer:" + colleague: trunkTone})
	_ = han.choose("offline")
}

// musicNote is a note of the music, in Hz.
const musicNote = 440

// phase is the one that the console of an agent shows.
func (x *switchboard) phase(a *phoneAgent, id string) handoff.Phase {
	x.t.Helper()
	var seen struct{ Talk struct{ Phase handoff.Phase } }
	x.must(a.rest.do(a.life, http.MethodGet, "/desk/talks/"+id, "", nil, &seen))
	return seen.Talk.Phase
}

// hasMusic waits until the caller has heard music for a time, which is told by a note that comes back, and none of the tones
// of others since the music began.
func (c *caller) hasMusic(long time.Duration, none ...float64) {
	c.x.t.Helper()
	from := c.length()
	c.x.await("music", func() bool { return holdsTone(c.since(from), c.format.Rate, musicNote) })
	from = c.length()
	c.x.await("more music", func() bool { return c.length()-from >= int(long*time.Duration(c.format.Rate)/time.Second) })
	pcm := c.since(from)
	if level := loudness(pcm); level < loudEnough {
		c.x.t.Errorf("%.0f dB in place of music", level)
	}
	for _, hertz := range none {
		if holdsTone(pcm, c.format.Rate, hertz) {
			c.x.t.Errorf("the caller hears %g Hz on hold", hertz)
		}
	}
}
