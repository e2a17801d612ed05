package main

import (
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
)

// onPhones has agents on real SIP phones do what agents do, one after the other.
func onPhones(t *testing.T, c *centre) {
	c.rings(t, 8)
	x := &switchboard{c, t}
	han, lin := x.onPhone("han", hanPhone, hanTone), x.onPhone("lin", linPhone, linTone)
	for _, test := range []struct {
		name string
		run  func(x *switchboard, han, lin *phoneAgent)
	}{
		{"a phone is whispered to, accepts by key and hangs up", accepted},
		{"a phone that holds", onHold},
		{"who comes again is offered to the same agent", comesAgain},
		{"a call that is declined goes to the next agent in its place", declined},
		{"an agent confers with numbers that may be called", conferred},
		{"119 is called at once, and all three hear each other", rescued},
		{"119 is called by an agent, and all three hear each other", calledIn},
		{"a call is passed on to a phone, which is whispered to", passedOn},
		{"an agent calls a number", calledOut},
		{"an agent on a phone calls a number", calledOutByPhone},
		{"a supervisor on a phone", supervised},
		{"a phone that dies in the middle of a call", killed},
		{"a phone that is no longer registered", unregistered},
	} {
		ok := t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			x := x.during(t)
			test.run(x, han.during(x), lin.during(x))
			t.Logf("took %.1f s", time.Since(began).Seconds())
		})
		if !ok {
			break // the phones may be in the middle of anything
		}
	}
}

// accepted is the way of a call that is taken.
func accepted(x *switchboard, han, _ *phoneAgent) {
	han.ready()
	c := x.call()
	id := c.asks()
	if rings := han.rung(); rings != id {
		x.t.Errorf("the phone rings for %s, want %s", rings, id)
	}
	from := c.length()
	whisper, rate := han.pickUp()
	meanwhile := c.since(from)
	if heard := x.understood(whisper, rate); !holds(heard, whispered) {
		x.t.Errorf("the phone is told %q, want %q", heard, whispered)
	}
	if holdsTone(whisper, rate, callerTone) || holdsTone(meanwhile, c.format.Rate, hanTone) {
		x.t.Error("they hear each other before the agent has accepted")
	}
	if heard := x.understood(meanwhile, c.format.Rate); strings.ContainsAny(heard, "按拒接") {
		x.t.Errorf("the caller hears the whisper: %q", heard)
	}
	if level := loudness(meanwhile); level < loudEnough {
		x.t.Errorf("the caller hears %.0f dB in place of music", level)
	}

	han.press("1")
	c.hears(hanTone)
	x.hears(han.Baresip, callerTone)
	if state := han.state(); state != "busy" {
		x.t.Errorf("the agent is %s", state)
	}
	han.Do("hangup", "")
	c.grades(han)
	c.ended()
	x.await("ready after the wrap-up", func() bool { return han.state() == "ready" })
	x.must(han.rest.post(han.life, "/desk/talks/"+id+"/note", "", map[string]string{"text": "等物业回电"}, nil)) // the call is over

	x.apart(id, map[string]float64{"caller": callerTone, "agent:" + han.id: hanTone})
	_ = han.choose("offline")
}

// declined has one agent decline, another not hear the phone and one be engaged.
func declined(x *switchboard, han, lin *phoneAgent) {
	han.ready()
	first := x.call()
	id := first.asks()
	han.rung()
	second := x.call()
	behind := second.asks()
	second.event("a place", func(b hotline.EventBody) bool { return b.Kind() == hotline.Waiting{}.Kind() })
	han.pickUp()
	han.press("2")
	at := first.offerEnded(han.id, "declined")
	if rings := han.rung(); rings != behind { // for 30 s who declined is not asked for the same again
		x.t.Errorf("the phone rings for %s, want %s", rings, behind)
	}
	han.Do("hangup", "") // 486, as a phone says that is engaged
	second.offerEnded(han.id, "busy")
	_ = han.choose("break")
	place := first.event("a place", func(b hotline.EventBody) bool { return b.Kind() == hotline.Waiting{}.Kind() })
	if w := place.Body.(hotline.Waiting); w.Position != 1 || place.Seq < at.Seq {
		x.t.Errorf("place %d", w.Position)
	}
	lin.ready()
	if rings := lin.rung(); rings != id {
		x.t.Errorf("the next agent is rung for %s, want the one who came first", rings)
	}
	lin.answer("1")
	first.hears(linTone)
	first.said("missed")
	first.hangUp()

	if rings := lin.rung(); rings != behind { // after the wrap-up
		x.t.Errorf("the next agent is rung for %s, want %s", rings, behind)
	}
	second.said("missed")
	second.offerEnded(lin.id, "no_answer")
	x.await("on a break, marked", func() bool { return lin.state() == "break no_answer" })
	lin.Wait("CALL_CLOSED")
	second.hangUp()
	_, _ = han.choose("offline"), lin.choose("offline")
}

// killed is the phone of an agent in the middle of a call.
func killed(x *switchboard, han, lin *phoneAgent) {
	han.ready()
	first := x.call()
	first.asks()
	han.rung()
	second := x.call()
	id := second.asks()
	han.answer("2")
	if rings := han.rung(); rings != id {
		x.t.Fatalf("the phone rings for %s, want %s", rings, id)
	}
	han.answer("1")
	second.hears(hanTone)
	han.Kill()
	gone := time.Now()
	left := second.event("the agent is lost", func(b hotline.EventBody) bool {
		l, ok := b.(hotline.Left)
		return ok && l.Party == han.id && l.Reason == "network"
	})
	took := left.At.Sub(gone)
	x.t.Logf("a phone that is killed is missed after %.1f s; it is asked after %v of silence and has 4 s to answer", took.Seconds(), silence)
	if most := silence + silence/2 + 8*time.Second; took > most {
		x.t.Errorf("missed after %v, want at most %v", took, most)
	}
	x.await("on a break, marked", func() bool { return han.state() == "break network" || han.state() == "wrap_up network" })
	lin.ready()
	if rings := lin.rung(); rings != id {
		x.t.Errorf("the next agent is rung for %s, want %s, at the head of the queue before who has waited longer", rings, id)
	}
	lin.answer("1")
	second.hears(linTone)
	second.said("lost")
	second.hangUp()
	first.hangUp()
	lin.Wait("CALL_CLOSED")
	_, _ = han.choose("offline"), lin.choose("offline")
}

// unregistered is the only agent's phone, when somebody asks. With a console the agent could still take chats and
// would be waited for.
func unregistered(x *switchboard, _, lin *phoneAgent) {
	lin.ready()
	_ = lin.stream.CloseNow()
	lin.Do("quit", "")
	x.await("offline", func() bool { return lin.state() == "offline" })
	c := x.call()
	c.asks()
	c.event("nobody is there", func(b hotline.EventBody) bool {
		u, ok := b.(hotline.Unattended)
		return ok && u.Reason == "nobody"
	})
	c.said("unattended")
	c.ended()
}

// understood is what a recogniser makes of speech.
func (x *switchboard) understood(pcm []int16, rate int) string {
	x.t.Helper()
	ear, err := asr.NewClient(asr.ClientConfig{URL: x.r.Speech, Timeout: time.Minute})
	if err != nil {
		x.t.Fatal(err)
	}
	defer ear.Close()
	heard, err := listen(x.t.Context(), ear, pcm, rate)
	if err != nil {
		x.t.Fatal(err)
	}
	return heard
}
