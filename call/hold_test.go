package call

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// Holds implements Holder.
func (p *party) Holds() <-chan bool { return p.holds }

// hold has a phone hold, which sings on meanwhile, or go on.
func (p *party) hold(on bool) {
	p.mu.Lock()
	p.deaf = on
	p.mu.Unlock()
	p.holds <- on
	synctest.Wait()
}

// onPhone has the agent on the phone 801 take the call.
func (h hall) onPhone() *party {
	h.tell(phoneOffered)
	h.legs["801"].keys <- dtmf.Event{Key: '1'}
	synctest.Wait()
	return h.legs["801"]
}

// orders gives a command of the agent and reports whether it was carried out.
func (h hall) orders(verb desk.Verb, to desk.Target) bool {
	var refused error
	h.tell(ordered("801", verb, to, func(err error) { refused = err }))
	return refused == nil
}

func TestWhoIsLeftAloneByPhonesThatHoldHasMusic(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		agent, peer := h.onPhone(), h.legs["05551234567"]
		command := func(verb desk.Verb, to desk.Target) func() {
			return func() {
				if !h.orders(verb, to) {
					t.Error("refused:", verb)
				}
			}
		}
		hold := func(p *party, on bool) func() { return func() { p.hold(on) } }
		number := desk.Target{Number: "05551234567"}
		for _, step := range []struct {
			name                  string
			do                    func()
			caller, agent, second string
			phase                 handoff.Phase
		}{
			{"they talk", func() { h.together(2 * time.Second) }, "agent", "caller", "", handoff.Talking},
			{"the agent holds", hold(agent, true), "music", "", "", handoff.Held},
			{"again", hold(agent, true), "music", "", "", handoff.Held},
			{"goes on", hold(agent, false), "agent", "caller", "", handoff.Talking},
			{"holds in the console, too", func() { command(desk.Hold, desk.Target{})(); agent.hold(true) }, "music", "", "", handoff.Held},
			{"goes on with the phone", hold(agent, false), "music", "", "", handoff.Held},
			{"goes on with both", command(desk.Resume, desk.Target{}), "agent", "caller", "", handoff.Talking},
			{"consults while on hold", func() { agent.hold(true); command(desk.Consult, number)() }, "music", "", "music", handoff.Consulting},
			{"goes on with the second party", hold(agent, false), "music", "peer", "agent", handoff.Consulting},
			{"whose phone holds", hold(peer, true), "music", "music", "", handoff.Consulting},
			{"and in the conference, too", command(desk.Merge, desk.Target{}), "agent", "caller", "", handoff.Conference},
			{"both hold", hold(agent, true), "music", "", "", handoff.Conference},
			{"the second party goes on", hold(peer, false), "peer", "", "caller", handoff.Conference},
			{"alone", command(desk.Complete, desk.Target{}), "peer", "", "caller", handoff.Talking},
			{"and holds", hold(peer, true), "music", "", "", handoff.Held},
			{"and goes on", hold(peer, false), "peer", "", "caller", handoff.Talking},
		} {
			step.do()
			agent.heard, peer.heard = nil, nil
			for who, sound := range map[string][2]string{
				"caller": {step.caller, heard(h.together(2*time.Second), testRate)},
				"agent":  {step.agent, heard(agent.heard, 8000)},
				"second": {step.second, heard(peer.heard, 8000)},
			} {
				if sound[0] != sound[1] {
					t.Errorf("%s: %s hears %q, want %q", step.name, who, sound[1], sound[0])
				}
			}
			if h.shown.Phase != step.phase {
				t.Errorf("%s: shown as %s, want %s", step.name, h.shown.Phase, step.phase)
			}
		}
		h.end()
	})
}

// heard is whose tones are in the second half of a sound, else whether it is music.
func heard(pcm []int16, rate int) string {
	half := pcm[len(pcm)/2:]
	var who []string
	for name, hertz := range map[string]float64{"caller": 440, "agent": 700, "peer": 1100} {
		if tone(half, rate, hertz) > 1500 {
			who = append(who, name)
		}
	}
	if len(who) == 0 && slices.ContainsFunc(half, func(x int16) bool { return x > 500 }) {
		return "music"
	}
	slices.Sort(who)
	return strings.Join(who, " ")
}

func TestAHoldIsEndedWhereItWasBegun(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		agent := h.onPhone()
		agent.hold(true)
		if !h.shown.Parties[0].Holds {
			t.Errorf("nobody is told whose phone holds: %+v", h.shown)
		}
		for _, verb := range []desk.Verb{desk.Hold, desk.Resume} {
			if h.orders(verb, desk.Target{}) {
				t.Errorf("the console may %s", verb)
			}
		}
		agent.over <- hotline.Ended{By: "caller"}
		synctest.Wait()
		if got := heard(h.together(2*time.Second), testRate); got == "music" || !strings.Contains(h.outline(), "said survey") {
			t.Errorf("after the agent has hung up on hold the caller hears %q:\n%s", got, h.outline())
		}
		h.wished(t, "Enqueue", "PickedUp", "Took", "Release")
		h.end()
	})
}

func TestPhonesThatPassTheirSoundThroughDoNotOnHold(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.passes = true
		agent := h.onPhone()
		var got []int
		for _, on := range []bool{true, false} {
			agent.hold(on)
			got = append(got, h.passed-h.unpassed)
		}
		if diff := cmp.Diff([]int{0, 1}, got); diff != "" {
			t.Error(diff)
		}
		h.end()
	})
}

func TestTheHoldOfASupervisorsPhoneIsForNobody(t *testing.T) {
	inSupervisedHall(t, func(t *testing.T, h hall) {
		li, chief := h.legs["li"], h.legs["chief"]
		h.bySummons(desk.Barge)
		h.together(5 * time.Second)
		for _, step := range []struct {
			name          string
			do            func()
			caller, agent string
		}{
			{"in the call", func() {}, "agent chief", "caller chief"},
			{"holds", func() { chief.hold(true) }, "agent", "caller"},
			{"goes on", func() { chief.hold(false) }, "agent chief", "caller chief"},
		} {
			step.do()
			h.together(time.Second)
			li.heard = nil
			h.hears(t, step.name+": caller", h.together(time.Second), testRate, step.caller)
			h.hears(t, step.name+": agent", li.heard, 16000, step.agent)
		}
		chief.hold(true)
		h.bySummons(desk.TakeOver)
		if got := heard(h.together(2*time.Second), testRate); got != "music" || h.shown.Phase != handoff.Held {
			t.Errorf("taken over on hold: the caller hears %q, shown as %s", got, h.shown.Phase)
		}
		chief.hold(false)
		h.together(time.Second)
		h.hears(t, "taken over: caller", h.together(time.Second), testRate, "chief")
		h.end()
	})
}
