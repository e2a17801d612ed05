package peertest

import (
	"context"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
)

func TestSessionTimer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, scenario string
		vars           map[string]any
		end            sip.Ending
	}{
		{"peer refreshes", "timer", nil, sip.Ending{By: "caller"}},
		{"we refresh by re-INVITE", "timer_uas", map[string]any{"method": "INVITE", "allow": "", "refreshes": []int{1, 2}}, sip.Ending{By: "caller"}},
		{"we refresh by UPDATE", "timer_uas", map[string]any{"method": "UPDATE", "allow": ", UPDATE", "refreshes": []int{1, 2}}, sip.Ending{By: "caller"}},
		{"peer does not refresh", "timer_expires", nil, sip.Ending{By: "network", Reason: "session expired"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) {
				c.Answer = giving(legs)
				c.SessionExpires, c.MinSessionExpires = 9*time.Second, 9*time.Second // an answer may take 3 s on a busy machine
			})
			peer := scenario{name: test.scenario, vars: test.vars}.call(t, e)
			l := next(t, "call", legs)
			peer.done()
			await(t, "end of the call", l.Done())
			if end := l.Ending(); end != test.end {
				t.Errorf("ended %+v, want %+v", end, test.end)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	v := newVoice(t)
	peer := scenario{name: "keys", args: v.args()}.call(t, e)
	l := next(t, "call", legs)
	for _, want := range []dtmf.Key{'5', '#'} {
		if got := next(t, "key", l.Keys()); got.Key != want || got.Source != dtmf.SourceInfo {
			t.Errorf("key %+v, want %v by INFO", got, want)
		}
	}
	hear(t, l, peerTone)
	for _, want := range []dtmf.Key{'7', '7', '*'} {
		v.keys <- want
		if got := next(t, "key", l.Keys()); got.Key != want || got.Source != dtmf.SourceRTP {
			t.Errorf("key %+v, want %v by RTP", got, want)
		}
	}
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
	select {
	case more := <-l.Keys():
		t.Errorf("one more key %+v", more)
	default:
	}
}

func TestReliableEarlySound(t *testing.T) {
	t.Parallel()
	early := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) {
		c.Answer = func(ctx context.Context, in *sip.Invitation) {
			l, err := in.Progress()
			if err != nil {
				t.Error(err)
				return
			}
			early <- l
			if _, err := in.Answer(ctx); err != nil {
				t.Error(err)
			}
			<-l.Done()
		}
	})
	v := newVoice(t)
	peer := scenario{name: "prack", args: v.args()}.call(t, e)
	sing(t, next(t, "early sound", early))
	await(t, "our tone at the peer before its PRACK", v.heard)
	if got := e.Stats().Answered; got != 0 {
		t.Error("the call is answered before its PRACK")
	}
	peer.done()
}

func TestOfferInAnswer(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	v := newVoice(t)
	peer := scenario{name: "delayed", args: v.args()}.call(t, e)
	l := next(t, "call", legs)
	sing(t, l)
	await(t, "our tone at the peer", v.heard)
	hear(t, l, peerTone)
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	for _, network := range []string{sip.UDP, sip.TCP} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			scenario{name: "strangers", network: network}.call(t, start(t, nil)).done()
		})
	}
}

func TestManyCalls(t *testing.T) {
	t.Parallel()
	const calls = 200
	e := start(t, func(c *sip.Config) { c.Logger = nil })
	scenario{name: "load", calls: calls, args: []string{"-r", "100"}}.call(t, e).done()
	if err := e.Drain(within(t)); err != nil {
		t.Error(err)
	}
	if s := e.Stats(); s.Answered != calls || len(s.Refused) != 0 || s.Calls != 0 || s.MediaPorts != 0 {
		t.Errorf("afterwards %+v", s)
	}
}
