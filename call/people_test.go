package call

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// party is a leg that the test ticks together with the caller's; it says a tone of its own.
type party struct {
	pad
	rate  int
	hertz float64
	sink  media.Sink
	src   media.Source
	keys  chan dtmf.Event
	over  chan hotline.Ended
	holds chan bool
	deaf  bool // it holds
	heard []int16
	n     int
	hung  bool
	use   int // of a headset, the latest
	mu    sync.Mutex
}

// headset is one use of a party's leg: to let go of it does nothing when it is used anew.
type headset struct {
	*party
	use int
}

func (h headset) Hangup(ctx context.Context, reason string) error {
	h.mu.Lock()
	old := h.use != h.party.use
	h.mu.Unlock()
	if old {
		return nil
	}
	return h.party.Hangup(ctx, reason)
}

func newParty(rate int, hertz float64) *party {
	return &party{rate: rate, hertz: hertz, keys: make(chan dtmf.Event, 4), over: make(chan hotline.Ended, 1), holds: make(chan bool)}
}

func (p *party) Format() media.Format        { return media.Mono(p.rate) }
func (p *party) Keys() <-chan dtmf.Event     { return p.keys }
func (p *party) Ended() <-chan hotline.Ended { return p.over }
func (p *party) Join(i media.Sink, o media.Source) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sink, p.src = i, o
	return nil
}
func (p *party) Hangup(context.Context, string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung, p.sink, p.src = true, nil, nil
	return nil
}

func (p *party) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hung
}

func (p *party) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sink == nil {
		return
	}
	pcm := make([]int16, p.rate/50)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*p.hertz*float64(p.n+i)/float64(p.rate)))
	}
	p.n += len(pcm)
	_ = p.sink.WriteFrame(media.Frame{PCM: pcm})
	if p.deaf {
		return
	}
	_ = p.src.ReadFrame(pcm)
	p.heard = append(p.heard, pcm...)
}

// tone is how loud a frequency is in samples, as the amplitude of a sine.
func tone(pcm []int16, rate int, hertz float64) float64 {
	var re, im float64
	for i, x := range pcm {
		a := 2 * math.Pi * hertz * float64(i) / float64(rate)
		re += float64(x) * math.Cos(a)
		im += float64(x) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(max(len(pcm), 1))
}

// crowd is a desk and its lines, told by the test what to do.
type crowd struct {
	mu      sync.Mutex
	wishes  []string
	notices chan desk.Notice
	legs    map[string]*party
	slow    time.Duration
	fails   error
	shown   Standing
	asked   desk.Request
}

func newPeopleOf(legs map[string]*party) *crowd {
	return &crowd{notices: make(chan desk.Notice, 8), legs: legs}
}

func (p *crowd) Notices() <-chan desk.Notice { return p.notices }
func (p *crowd) Whisper() string             { return "市民反映路灯不亮。按一接听，按二拒接。" }
func (p *crowd) Show(s Standing)             { p.mu.Lock(); p.shown = s; p.mu.Unlock() }
func (p *crowd) Do(w handoff.Action, _ dialog.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wishes = append(p.wishes, strings.TrimPrefix(fmt.Sprintf("%T", w), "handoff."))
	if e, ok := w.(handoff.Enqueue); ok {
		p.asked = e.Request
	}
}

func (p *crowd) Dial(ctx context.Context, to desk.Target) (Leg, error) {
	select {
	case <-time.After(p.slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.fails != nil {
		return nil, p.fails
	}
	return p.legs[nameOf(to)], nil
}

func (p *crowd) Line(agent string) (Leg, error) {
	if leg := p.legs[agent]; leg != nil && p.fails == nil {
		leg.mu.Lock()
		defer leg.mu.Unlock()
		leg.use++
		return headset{leg, leg.use}, nil
	}
	return nil, hotline.Errorf("headset", hotline.CodeNotFound, "none")
}

// wished compares what was wanted of the desk so far.
func (p *crowd) wished(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if diff := cmp.Diff(want, p.wishes); diff != "" {
		t.Error(diff)
	}
}

// hall is a stage with people.
type hall struct {
	*stage
	*crowd
}

func (h hall) tell(notices ...desk.Notice) {
	for _, n := range notices {
		h.notices <- n
		synctest.Wait()
	}
}

// together ticks everybody for a time. The caller says a tone of 440 Hz.
func (h hall) together(d time.Duration) (caller []int16) {
	out := make([]int16, testRate/50)
	for range int(d / media.Tick) {
		pcm := make([]int16, testRate/50)
		for i := range pcm {
			pcm[i] = int16(6000 * math.Sin(2*math.Pi*440*float64(h.frames*len(pcm)+i)/testRate))
		}
		_ = h.sink.WriteFrame(media.Frame{PCM: pcm})
		h.source.ReadFrame(out)
		caller = append(caller, out...)
		h.frames++
		for _, name := range []string{"li", "801", "05551234567", "chief", "119"} {
			if p := h.legs[name]; p != nil {
				p.tick()
			}
		}
		time.Sleep(media.Tick)
		synctest.Wait()
	}
	return caller
}

func (h hall) hears(t *testing.T, who string, pcm []int16, rate int, want string) {
	t.Helper()
	tones := map[string]float64{"caller": 440, "agent": 700, "peer": 1100, "chief": 1500}
	var got []string
	half := pcm[len(pcm)/2:]
	for _, name := range []string{"caller", "agent", "peer", "chief"} {
		if tone(half, rate, tones[name]) > 1500 {
			got = append(got, name)
		}
	}
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("%s hears:\n%s", who, diff)
	}
}

func inHall(t *testing.T, test func(t *testing.T, h hall)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeopleOf(map[string]*party{
			"li": newParty(16000, 700), "801": newParty(8000, 700), "05551234567": newParty(8000, 1100), "chief": newParty(48000, 1500), "119": newParty(8000, 1100),
		})
		s := newStage(t, func(s *stage, c *Config) {
			s.hears = []Words{{Text: "人工"}}
			c.Desk, c.Lines = p, p
			c.Tuning.VoiceOn = 0.99 // the tones of this test are no voice
		})
		h := hall{s, p}
		h.quiet(time.Second)
		h.keys <- dtmf.Event{Key: '0'}
		synctest.Wait()
		test(t, h)
	})
}

var liOffered = desk.Offered{Offer: "1", Agent: desk.Agent{ID: "li", Name: "李", Device: desk.Browser}, Target: desk.Target{Agent: "li"}}

var phoneOffered = desk.Offered{Offer: "1", Agent: desk.Agent{ID: "801", Device: desk.Phone, Extension: "801"}, Target: desk.Target{Agent: "801", Extension: "801"}}

func ordered(by string, verb desk.Verb, to desk.Target, reply func(error)) desk.Notice {
	return desk.Commanded{By: by, Command: desk.Command{Verb: verb, Target: to}, Reply: reply}
}

func TestAnAgentAndTheCallerHearEachOther(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		if got := h.asked; got.Queue != "general" || got.Skills["law"] != 2 || got.Language != "yue" {
			t.Errorf("asked for %+v", got)
		}
		waiting := h.together(6 * time.Second)
		if loud := waiting[len(waiting)-testRate:]; !slices.ContainsFunc(loud, func(x int16) bool { return x > 500 }) {
			t.Error("nobody hears music while waiting")
		}
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		caller := h.together(2 * time.Second)
		h.hears(t, "caller", caller, testRate, "agent")
		h.hears(t, "agent", h.legs["li"].heard, 16000, "caller")
		if h.shown.Phase != handoff.Talking || len(h.shown.Parties) != 1 || !h.shown.Parties[0].On {
			t.Errorf("%+v", h.shown)
		}
		h.end()
		if !h.legs["li"].gone() {
			t.Error("the agent is still on the line")
		}
		h.wished(t, "Enqueue", "Release")
	})
}

func TestHoldMuteConsultMergeAndComplete(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		li, peer := h.legs["li"], h.legs["05551234567"]
		step := func(name string, verb desk.Verb, to desk.Target, caller, agent, second string) {
			t.Helper()
			var refused error
			h.tell(ordered("li", verb, to, func(err error) { refused = err }))
			if refused != nil {
				t.Fatal(name, refused)
			}
			li.heard, peer.heard = nil, nil
			sound := h.together(2 * time.Second)
			h.hears(t, name+": caller", sound, testRate, caller)
			h.hears(t, name+": agent", li.heard, 16000, agent)
			h.hears(t, name+": peer", peer.heard, 8000, second)
		}
		step("hold", desk.Hold, desk.Target{}, "", "", "")
		step("resume", desk.Resume, desk.Target{}, "agent", "caller", "")
		step("mute", desk.Mute, desk.Target{}, "", "caller", "")
		step("unmute", desk.Unmute, desk.Target{}, "agent", "caller", "")
		step("consult", desk.Consult, desk.Target{Number: "05551234567"}, "", "peer", "agent")
		step("merge", desk.Merge, desk.Target{}, "agent peer", "caller peer", "caller agent")
		step("complete", desk.Complete, desk.Target{}, "peer", "", "caller")
		peer.over <- hotline.Ended{By: "caller"}
		synctest.Wait()
		h.together(2 * time.Second)
		if !strings.Contains(h.outline(), "said returned") {
			t.Error("nobody is there and the bot is silent:\n" + h.outline())
		}
		h.end()
	})
}

func TestTheOthersTalkOnWhileTheAgentsConsoleIsAway(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"}, ordered("li", desk.Consult, desk.Target{Number: "05551234567"}, nil))
		h.together(time.Second)
		h.tell(ordered("li", desk.Merge, desk.Target{}, nil), desk.Lost{Agent: "li"})
		li, peer := h.legs["li"], h.legs["05551234567"]
		_ = li.Hangup(t.Context(), "its page is loaded anew")
		peer.heard = nil
		h.hears(t, "away: caller", h.together(2*time.Second), testRate, "peer")
		h.hears(t, "away: peer", peer.heard, 8000, "caller")
		h.tell(desk.Found{Agent: "li"})
		li.heard, peer.heard = nil, nil
		h.hears(t, "back: caller", h.together(2*time.Second), testRate, "agent peer")
		h.hears(t, "back: agent", li.heard, 16000, "caller peer")
		h.tell(desk.Lost{Agent: "li"}, desk.Lost{Agent: "li", Gone: true})
		peer.heard = nil
		h.hears(t, "gone: caller", h.together(2*time.Second), testRate, "peer")
		h.hears(t, "gone: peer", peer.heard, 8000, "caller")
		h.wished(t, "Enqueue", "Withdraw")
		h.end()
	})
}

func TestASupervisorIsHeardByWhomTheModeSays(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		li, chief := h.legs["li"], h.legs["chief"]
		for _, m := range []struct {
			verb          desk.Verb
			caller, agent string
		}{{desk.Listen, "agent", "caller"}, {desk.Whisper, "agent", "caller chief"}, {desk.Barge, "agent chief", "caller chief"}} {
			h.tell(ordered("chief", m.verb, desk.Target{}, nil))
			li.heard, chief.heard = nil, nil
			sound := h.together(2 * time.Second)
			h.hears(t, string(m.verb)+": caller", sound, testRate, m.caller)
			h.hears(t, string(m.verb)+": agent", li.heard, 16000, m.agent)
			h.hears(t, string(m.verb)+": chief", chief.heard, 48000, "caller agent")
		}
		h.tell(ordered("chief", desk.TakeOver, desk.Target{}, nil))
		h.hears(t, "taken over: caller", h.together(2*time.Second), testRate, "chief")
		if !li.gone() {
			t.Error("the agent is still there")
		}
		h.end()
	})
}

func TestAPhoneIsBriefedAndTakesTheCallByKey(t *testing.T) {
	for name, c := range map[string]struct {
		key  dtmf.Key
		want []string
	}{"taken": {'1', []string{"Enqueue", "PickedUp", "Took"}}, "declined": {'2', []string{"Enqueue", "PickedUp", "Missed"}}, "an answering machine": {0, []string{"Enqueue", "PickedUp", "Missed"}}} {
		t.Run(name, func(t *testing.T) {
			inHall(t, func(t *testing.T, h hall) {
				h.crowd.slow = 3 * time.Second
				h.tell(phoneOffered)
				h.together(5 * time.Second)
				phone := h.legs["801"]
				h.hears(t, "caller while briefing", h.together(time.Second), testRate, "")
				if !slices.ContainsFunc(phone.heard, func(x int16) bool { return x > 1000 }) {
					t.Error("nothing is whispered")
				}
				if c.key != 0 {
					phone.keys <- dtmf.Event{Key: c.key}
					synctest.Wait()
				}
				if before := len(phone.heard); c.key == '1' { // in the middle of what it is told
					h.together(500 * time.Millisecond)
					h.hears(t, "the phone that took the call", phone.heard[before:], phone.rate, "caller")
				}
				caller := h.together(25 * time.Second)
				h.hears(t, "caller", caller, testRate, map[bool]string{true: "agent"}[c.key == '1'])
				if phone.gone() != (c.key != '1') {
					t.Error("hung up:", phone.gone())
				}
				h.wished(t, c.want...)
				h.end()
			})
		})
	}
}

func TestWhatAPhoneIsToldIsMadeWhileItRings(t *testing.T) {
	for name, c := range map[string]struct {
		live time.Duration // what the voice takes
		mute error
		want []string // what becomes of it by half a second and by two after the phone was picked up
	}{
		"while it rings":              {live: 2500 * time.Millisecond, want: []string{"told", "told"}},
		"a voice that is too slow":    {live: 20 * time.Second, want: []string{"", "told"}},
		"a voice that does not speak": {mute: errors.New("dead"), want: []string{"told", "told"}},
	} {
		t.Run(name, func(t *testing.T) {
			inHall(t, func(t *testing.T, h hall) {
				h.live, h.mute = c.live, c.mute
				h.crowd.slow = 3 * time.Second
				h.tell(phoneOffered)
				h.together(3 * time.Second)
				phone := h.legs["801"]
				for i, wait := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond} {
					h.together(wait)
					told := ""
					if slices.ContainsFunc(phone.heard, func(x int16) bool { return x > 1000 }) {
						told = "told"
					}
					if told != c.want[i] {
						t.Errorf("after %v more: %q, want %q", wait, told, c.want[i])
					}
				}
				h.end()
			})
		})
	}
}

func TestALineThatCannotBeHadIsToldAndTheCallerGoesOnWaiting(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.crowd.fails = hotline.Errorf("dial", hotline.CodeConflict, "busy")
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"}) // no headset
		h.together(3 * time.Second)
		if got := h.outline(); !strings.Contains(got, "said missed.network") {
			t.Error(got)
		}
		h.wished(t, "Enqueue", "Release")
		h.end()
	})
}

func TestTheCallerLeavesInTheMiddleOfRinging(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.crowd.slow = 10 * time.Second
		h.tell(desk.Offered{Offer: "1", Agent: desk.Agent{ID: "801", Device: desk.Phone}, Target: desk.Target{Agent: "801", Extension: "801"}})
		h.together(time.Second)
		h.end()
		h.wished(t, "Enqueue", "Withdraw")
	})
}

func TestAServiceIsJoinedWhileAnAgentIsLookedFor(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.keys <- dtmf.Event{Key: '9'}
		synctest.Wait()
		h.together(2 * time.Second)
		h.hears(t, "caller", h.together(2*time.Second), testRate, "peer")
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		h.hears(t, "caller", h.together(2*time.Second), testRate, "agent peer")
		h.hears(t, "service", h.legs["119"].heard, 8000, "caller agent")
		h.end()
		if !h.legs["119"].gone() || !h.legs["li"].gone() {
			t.Error("somebody is still on the line")
		}
	})
}

func TestTwoPhonesPassTheirSoundThroughUntilSomebodyElseHears(t *testing.T) {
	inHall(t, func(t *testing.T, h hall) {
		h.passes = true
		h.tell(liOffered, desk.Accepted{Offer: "1", Agent: "li"})
		if h.passed != 1 || h.unpassed != 0 || h.sink != nil {
			t.Fatal("not passed through:", h.passed, h.unpassed)
		}
		h.tell(ordered("li", desk.Hold, desk.Target{}, nil))
		if h.unpassed != 1 || h.sink == nil {
			t.Fatal("passed through on hold")
		}
		h.tell(ordered("li", desk.Resume, desk.Target{}, nil), ordered("chief", desk.Listen, desk.Target{}, nil))
		if h.passed != 2 || h.unpassed != 2 {
			t.Error("a supervisor hears nothing:", h.passed, h.unpassed)
		}
		h.hears(t, "caller", h.together(time.Second), testRate, "agent")
		h.end()
	})
}

// Forward implements Passer.
func (s *stage) Forward(Leg) (func(), <-chan struct{}, error) {
	if !s.passes {
		return nil, nil, errors.New("another codec")
	}
	s.passed++
	over := make(chan struct{})
	return sync.OnceFunc(func() { s.unpassed++; close(over) }), over, nil
}
