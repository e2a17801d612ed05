package call

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// pad writes down the keys that are pressed for a line.
type pad struct{ pressed string }

func (p *pad) SendKeys(keys ...dtmf.Key) error {
	for _, k := range keys {
		p.pressed += k.String()
	}
	return nil
}

// presses has an agent press keys and returns why not.
func (h hall) presses(by, keys string) (code hotline.Code) {
	h.tell(desk.Commanded{By: by, Command: desk.Command{Verb: desk.Press, Keys: keys}, Reply: func(err error) { code = hotline.CodeOf(err) }})
	return code
}

func TestKeysAreForTheSecondParty(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		h.together(time.Second)
		if code := h.presses("li", "1"); code != hotline.CodeConflict {
			t.Errorf("with the person alone: %q", code)
		}
		h.tell(ordered("li", desk.Consult, desk.Target{Number: "05551234567"}, nil))
		h.together(time.Second)
		if code := h.presses("wang", "2"); code != hotline.CodeConflict {
			t.Errorf("by somebody else: %q", code)
		}
		if code := h.presses("li", "3#"); code != "" {
			t.Errorf("in a consultation: %q", code)
		}
		if peer := h.legs["05551234567"].pressed; peer != "3#" || h.pressed != "" {
			t.Errorf("the second party got %q, the person %q", peer, h.pressed)
		}
		h.end()
	})
}

func TestKeysAreForWhomWeHaveCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeopleOf(map[string]*party{"li": newParty(16000, 700)})
		s := newStage(t, func(_ *stage, c *Config) {
			c.Desk, c.Lines, c.Attend = p, p, desk.Agent{ID: "li", Name: "李", Device: desk.Browser}
		})
		h := hall{s, p}
		h.together(time.Second)
		if code := h.presses("wang", "1"); code != hotline.CodeConflict {
			t.Errorf("by somebody else: %q", code)
		}
		if code := h.presses("li", "2*"); code != "" || s.pressed != "2*" {
			t.Errorf("talking: %q, pressed %q", code, s.pressed)
		}
		h.tell(ordered("li", desk.Hold, desk.Target{}, nil))
		if code := h.presses("li", "3"); code != hotline.CodeConflict {
			t.Errorf("on hold: %q", code)
		}
		h.end()
	})
}

// bySummons is an order of a supervisor on a phone. The answer is "" while there is none, "done" or what went wrong.
func (h hall) bySummons(verb desk.Verb) (answer *string) {
	answer = new(string)
	h.tell(desk.Commanded{By: "chief", Name: "赵", Phone: "1003", Command: desk.Command{Verb: verb}, Reply: func(err error) {
		if *answer != "" {
			*answer += ", and again "
		}
		if err == nil {
			*answer += "done"
		} else {
			*answer += err.Error()
		}
	}})
	return answer
}

// supervised is what the log says of the supervisor.
func (h hall) supervised() (told []string) {
	h.stage.mu.Lock()
	defer h.stage.mu.Unlock()
	for _, body := range h.events {
		switch b := body.(type) {
		case hotline.Joined:
			if b.Party == "chief" {
				told = append(told, strings.TrimSpace("joined as "+b.Role+" "+b.Mode))
			}
		case hotline.Left:
			if b.Party == "chief" {
				told = append(told, "left as "+b.Role)
			}
		}
	}
	return told
}

// inSupervisedHall has li talk with the caller; phones ring for three seconds.
func inSupervisedHall(t *testing.T, test func(t *testing.T, h hall)) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		h.together(time.Second)
		h.crowd.slow = 3 * time.Second
		test(t, h)
	})
}

func TestASupervisorOnAPhoneIsRungFirst(t *testing.T) {
	inSupervisedHall(t, func(t *testing.T, h hall) {
		li, chief := h.legs["li"], h.legs["chief"]
		answer := h.bySummons(desk.Listen)
		li.heard = nil
		h.hears(t, "ringing: caller", h.together(2*time.Second), testRate, "agent")
		h.hears(t, "ringing: agent", li.heard, 16000, "caller")
		if p := h.shown.Parties; *answer != "" || len(p) != 2 || p[1].ID != "chief" || p[1].On {
			t.Errorf("ringing: %q, shown %+v", *answer, p)
		}
		for _, m := range []struct {
			verb          desk.Verb
			caller, agent string
		}{{desk.Listen, "agent", "caller"}, {desk.Whisper, "agent", "caller chief"}, {desk.Barge, "agent chief", "caller chief"}} {
			if m.verb != desk.Listen {
				answer = h.bySummons(m.verb)
			}
			h.together(2 * time.Second)
			li.heard, chief.heard = nil, nil
			sound := h.together(time.Second)
			h.hears(t, string(m.verb)+": caller", sound, testRate, m.caller)
			h.hears(t, string(m.verb)+": agent", li.heard, 16000, m.agent)
			h.hears(t, string(m.verb)+": chief", chief.heard, 48000, "caller agent")
			if *answer != "done" {
				t.Errorf("%s: %q", m.verb, *answer)
			}
		}
		chief.over <- hotline.Ended{By: "caller"}
		synctest.Wait()
		h.hears(t, "put down: caller", h.together(time.Second), testRate, "agent")
		h.wished(t, "Enqueue", "Release")
		if diff := cmp.Diff([]string{"joined as supervisor listen", "joined as supervisor whisper", "joined as supervisor barge", "left as supervisor"}, h.supervised()); diff != "" {
			t.Error(diff)
		}
		h.end()
		if !li.gone() {
			t.Error("the agent is still on the line")
		}
	})
}

func TestNothingIsLeftOfASupervisorsPhoneThatIsNotPickedUp(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		end   func(h hall)
		want  string
	}{
		"declined":      {fails: &desk.Unreached{Reason: desk.Declined, Err: hotline.Errorf("dial", hotline.CodeConflict, "603")}, want: "您的话机拒接"},
		"engaged":       {fails: &desk.Unreached{Reason: desk.BusyLine, Err: hotline.Errorf("dial", hotline.CodeConflict, "486")}, want: "您的话机正忙"},
		"not picked up": {fails: &desk.Unreached{Reason: desk.NoAnswer, Err: hotline.Errorf("dial", hotline.CodeTimeout, "487")}, want: "您的话机无人接听"},
		"not there":     {fails: hotline.Errorf("dial", hotline.CodeNotFound, "404"), want: "您的话机没有接通"},
		"they leave":    {end: func(h hall) { h.tell(desk.Commanded{By: "chief", Command: desk.Command{Verb: desk.Leave}}) }, want: "监控已取消"},
		"the call ends": {end: func(h hall) { h.end() }, want: "通话已结束"},
	} {
		t.Run(name, func(t *testing.T) {
			inSupervisedHall(t, func(t *testing.T, h hall) {
				h.crowd.fails = c.fails
				answers := []*string{h.bySummons(desk.Listen), h.bySummons(desk.TakeOver)} // who cannot wait
				h.together(time.Second)
				if c.end != nil {
					c.end(h)
				} else {
					h.together(3 * time.Second)
				}
				for _, a := range answers {
					if !strings.Contains(*a, c.want) || strings.Contains(*a, "again") {
						t.Errorf("answered %q, want one %q", *a, c.want)
					}
				}
				if got := h.supervised(); got != nil {
					t.Errorf("in the log: %q", got)
				}
				if name == "the call ends" {
					return
				}
				h.hears(t, "caller", h.together(4*time.Second), testRate, "agent") // nor is a phone joined that is picked up too late
				if p := h.shown.Parties; len(p) != 1 {
					t.Errorf("shown %+v", p)
				}
				h.end()
			})
		})
	}
}

func TestAPhoneThatListensTakesOver(t *testing.T) {
	for name, c := range map[string]struct {
		first []desk.Verb
		log   []string
	}{
		"after it has listened": {[]desk.Verb{desk.Listen}, []string{"joined as supervisor listen", "left as supervisor", "joined as agent"}},
		"as it is picked up":    {nil, []string{"joined as agent"}},
	} {
		t.Run(name, func(t *testing.T) {
			inSupervisedHall(t, func(t *testing.T, h hall) {
				for _, verb := range c.first {
					h.bySummons(verb)
					h.together(4 * time.Second)
				}
				chief := h.legs["chief"]
				answer, late := h.bySummons(desk.TakeOver), new(string)
				if c.first == nil {
					late = h.bySummons(desk.Listen)
					h.hears(t, "ringing: caller", h.together(2*time.Second), testRate, "agent")
					h.together(2 * time.Second)
				}
				chief.heard = nil
				h.hears(t, "caller", h.together(2*time.Second), testRate, "chief")
				h.hears(t, "chief", chief.heard, 48000, "caller")
				if *answer != "done" || c.first == nil && !strings.Contains(*late, "现在不能这样操作") {
					t.Errorf("answered %q and %q", *answer, *late)
				}
				if chief.gone() || !h.legs["li"].gone() {
					t.Error("another line, or the agent is still there")
				}
				if diff := cmp.Diff(c.log, h.supervised()); diff != "" {
					t.Error(diff)
				}
				h.wished(t, "Enqueue", "Take", "Release")
				chief.over <- hotline.Ended{By: "caller"} // as of any agent
				synctest.Wait()
				h.together(2 * time.Second)
				if !strings.Contains(h.outline(), "said survey") {
					t.Error("the phone is put down and the caller is not asked:\n" + h.outline())
				}
				h.end()
			})
		})
	}
}

func TestTheEndOfACallHangsUpOnTheSupervisor(t *testing.T) {
	inSupervisedHall(t, func(t *testing.T, h hall) {
		h.bySummons(desk.Listen)
		h.together(4 * time.Second)
		h.end()
		if !h.legs["chief"].gone() {
			t.Error("the phone is still on the line")
		}
	})
}
