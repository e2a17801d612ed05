package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
)

// floor is a gateway with two agents in browsers and one on a phone, and a call.
type floor struct {
	*storm
	t           *testing.T
	wang, zhao  *deskAgent
	sun         *deskAgent
	phone       *softphone
	leg         *sip.Leg
	id          string
	zhaoID      string
	phoneLifted chan *sip.Leg
}

// hangUps has the caller hang up in every phase: all that is open then is closed, and everybody is free again.
func hangUps(t *testing.T, s *storm) {
	f := &floor{storm: s, t: t, phoneLifted: make(chan *sip.Leg, 1)}
	f.begin()
	defer f.end()
	phases := map[handoff.Phase]func(){
		handoff.Bot:    func() {},
		handoff.Queued: f.ask,
		handoff.Ringing: func() {
			f.state(f.wang, "ready")
			f.ask()
			f.offer(f.wang)
		},
		handoff.Briefing: func() {
			f.state(f.sun, "ready")
			f.ask()
			<-f.phoneLifted
		},
		handoff.Talking:    f.talking,
		handoff.Held:       func() { f.talking(); f.command("hold") },
		handoff.Dialling:   f.dialling,
		handoff.Consulting: f.consulting,
		handoff.Conference: func() { f.consulting(); f.command("merge") },
		handoff.Lost: func() {
			f.talking()
			_ = f.wang.close()
		},
		handoff.Survey: func() { f.talking(); f.command("finish") },
	}
	for _, phase := range handoff.Phases() {
		if phase == handoff.Over {
			continue
		}
		reach := phases[phase]
		if reach == nil {
			t.Fatalf("nobody hangs up in phase %s", phase)
		}
		t.Run(string(phase), func(t *testing.T) {
			f.t = t
			f.call()
			defer func() { _ = f.leg.Hangup(context.WithoutCancel(t.Context()), "done") }()
			reach()
			f.await("phase "+string(phase), func(b stormBoard) bool { return len(b.Talks) == 1 && b.Talks[0].Phase == string(phase) })
			if err := f.leg.Hangup(t.Context(), "done"); err != nil {
				t.Fatal(err)
			}
			if phase == handoff.Lost {
				f.wang = f.agent("wang")
			}
			f.free()
		})
	}
}

func (f *floor) begin() {
	f.wang, f.zhao = f.agent("wang"), f.agent("zhao")
	var err error
	if f.zhaoID, err = f.zhao.rest.agentID(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	if f.phone, err = startSoftphone(f.t.Context(), softphoneConfig{
		Codecs: onlyPCMA(), Log: slog.New(slog.DiscardHandler), Server: "sip:" + f.r.UDP, User: stormPhone, Password: demoPassword,
		Answer: func(ctx context.Context, in *sip.Invitation) {
			if leg, err := in.Answer(ctx); err == nil {
				f.phoneLifted <- leg
				<-leg.Done()
			}
		},
	}); err != nil {
		f.t.Fatal(err)
	}
	if f.sun, err = signIn(f.t.Context(), f.r, "sun", demoPassword); err != nil {
		f.t.Fatal(err)
	}
	if err := f.sun.command(f.t.Context(), http.MethodPut, "/desk/me/device", map[string]string{"device": "phone", "extension": stormPhone}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *floor) end() {
	for _, a := range []*deskAgent{f.wang, f.zhao, f.sun} {
		_ = a.close()
	}
	_ = f.phone.close()
}

// agent signs somebody in who is not ready.
func (f *floor) agent(login string) *deskAgent {
	f.t.Helper()
	a, err := f.signIn(f.storm.t.Context(), login) // longer than one test
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func (f *floor) state(a *deskAgent, state string) {
	f.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) { // a phone is known a second after it registers
		err := a.choose(state)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatal(err)
		}
	}
}

// call places a call that the bot takes, with everybody away.
func (f *floor) call() {
	f.t.Helper()
	for _, a := range []*deskAgent{f.wang, f.zhao, f.sun} {
		f.state(a, "break")
	}
	var err error
	if f.leg, err = f.telephone.dial(f.t.Context(), f.r.uri("12345")); err != nil {
		f.t.Fatal(err)
	}
	f.hungUp(f.leg, time.Time{})
	if err := f.leg.Join(newToneEar(agentTone).sink(f.leg.Format()), callerVoice(f.leg.Format())); err != nil {
		f.t.Fatal(err)
	}
	board := f.await("the call at the desk", func(b stormBoard) bool { return len(b.Talks) == 1 })
	f.id = board.Talks[0].Conversation
}

// ask has the caller ask for a person by key.
func (f *floor) ask() {
	f.t.Helper()
	if err := f.leg.SendKeys(0, dtmf.Key('0')); err != nil {
		f.t.Fatal(err)
	}
}

// offer waits until somebody is asked.
func (f *floor) offer(a *deskAgent) offerSeen {
	f.t.Helper()
	for late := time.After(10 * time.Second); ; {
		select {
		case o := <-a.offers:
			if o.conversation == f.id {
				return o
			}
		case <-late:
			f.t.Fatal("nobody is asked")
		}
	}
}

func (f *floor) accept(a *deskAgent) {
	f.t.Helper()
	if err := a.command(f.t.Context(), http.MethodPost, "/desk/offers/"+f.offer(a).id+"/accept", struct{}{}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *floor) talking() {
	f.t.Helper()
	f.state(f.wang, "ready")
	f.ask()
	f.accept(f.wang)
	f.await("talking", func(b stormBoard) bool { return len(b.Talks) == 1 && b.Talks[0].Phase == string(handoff.Talking) })
}

// dialling has wang ring zhao.
func (f *floor) dialling() {
	f.t.Helper()
	f.talking()
	f.state(f.zhao, "ready")
	if err := f.wang.command(f.t.Context(), http.MethodPost, "/desk/talks/"+f.id+"/command", map[string]any{"verb": "consult", "target": map[string]string{"agent": f.zhaoID}}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *floor) consulting() {
	f.t.Helper()
	f.dialling()
	f.accept(f.zhao)
	f.await("consulting", func(b stormBoard) bool { return len(b.Talks) == 1 && b.Talks[0].Phase == string(handoff.Consulting) })
}

func (f *floor) command(verb string) {
	f.t.Helper()
	if err := f.wang.command(f.t.Context(), http.MethodPost, "/desk/talks/"+f.id+"/command", map[string]string{"verb": verb}); err != nil {
		f.t.Fatal(err)
	}
}

// free waits until nobody has anything to do with a call any more.
func (f *floor) free() {
	f.t.Helper()
	f.await("everybody is free", func(b stormBoard) bool {
		busy := slices.ContainsFunc(b.Agents, func(a stormAgent) bool {
			return !slices.Contains([]string{"ready", "break", "offline"}, a.Presence.State)
		})
		return len(b.Talks) == 0 && !busy
	})
}

// await looks at the board until it is as it should be.
func (f *floor) await(what string, is func(stormBoard) bool) stormBoard {
	f.t.Helper()
	var board stormBoard
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) { // more often is refused
		var err error
		if board, err = f.board(); err != nil {
			f.t.Fatal(err)
		}
		board.Talks = slices.DeleteFunc(board.Talks, func(t stormTalk) bool { return t.Channel == string(hotline.ChannelChat) })
		if is(board) {
			return board
		}
	}
	f.t.Fatalf("%s: not within 10 s, but %+v", what, board)
	return board
}
