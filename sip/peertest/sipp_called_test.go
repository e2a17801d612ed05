package peertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip"
)

func TestDial(t *testing.T) {
	t.Parallel()
	for _, network := range []string{sip.UDP, sip.TCP} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			e := start(t, nil)
			v := newVoice(t)
			peer := scenario{name: "answer", network: network, args: v.args()}.wait(t)
			rang, early := make(chan struct{}), make(chan *sip.Leg, 1)
			dialled := make(chan *sip.Leg, 1)
			go func() {
				l, err := e.Dial(within(t), sip.Dial{
					URI: peer.uri(network), From: "4001",
					Ringing: func() { close(rang) }, Early: func(l *sip.Leg) { early <- l },
				})
				if err != nil {
					t.Error(err)
				}
				dialled <- l
			}()
			await(t, "ringing", rang)
			l := next(t, "early sound", early)
			sing(t, l)
			hear(t, l, peerTone)
			await(t, "our tone at the peer", v.heard)
			if got := e.Stats().Outgoing; got != 0 {
				t.Error("the call is answered before its early sound is heard")
			}
			if got := next(t, "answer", dialled); got != l {
				t.Error("the early leg is another")
			}
			if err := l.Hangup(within(t), ""); err != nil {
				t.Fatal(err)
			}
			peer.done()
		})
	}
}

func TestDialWithReliableEarlySound(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	v := newVoice(t)
	peer := scenario{name: "answer_reliably", args: v.args()}.wait(t)
	l, err := e.Dial(within(t), sip.Dial{URI: peer.uri(sip.UDP), From: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	hear(t, l, peerTone)
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status string
		number int
		code   hotline.Code
	}{
		{"486 Busy Here", 486, hotline.CodeConflict},
		{"503 Service Unavailable", 503, hotline.CodeOverload},
		{"404 Not Found", 404, hotline.CodeNotFound},
		{"488 Not Acceptable Here", 488, hotline.CodeUnsupported},
		{"603 Decline", 603, hotline.CodeForbidden},
		{"407 Proxy Authentication Required", 407, hotline.CodeUnauthorized}, // and we have no credentials
	}
	for _, test := range tests {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			e := start(t, nil)
			peer := scenario{name: "refusing", vars: map[string]any{"status": test.status}}.wait(t)
			_, err := e.Dial(within(t), sip.Dial{URI: peer.uri(sip.UDP), From: "4001"})
			var status *sip.StatusError
			if hotline.CodeOf(err) != test.code || !errors.As(err, &status) || status.Status != test.number {
				t.Errorf("error is %v", err)
			}
			peer.done()
		})
	}
}

func TestDialGivesUp(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	peer := scenario{name: "abandoned"}.wait(t)
	ctx, cancel := context.WithCancel(within(t))
	_, err := e.Dial(ctx, sip.Dial{URI: peer.uri(sip.UDP), From: "4001", Ringing: cancel})
	if hotline.CodeOf(err) != hotline.CodeTimeout {
		t.Errorf("error is %v", err)
	}
	peer.done()
}

func TestTrunkChallengesAndHangsUp(t *testing.T) {
	t.Parallel()
	tests := []struct{ status, challenge, credentials string }{
		{"401 Unauthorized", "WWW-Authenticate", "Authorization"},
		{"407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"},
	}
	for _, test := range tests {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			peer := scenario{name: "challenge", vars: map[string]any{
				"status": test.status, "challenge": test.challenge, "credentials": test.credentials,
			}}.wait(t)
			e := start(t, func(c *sip.Config) {
				c.Trunks = []sip.Trunk{{
					Name: "carrier", Servers: []string{peer.uri(sip.UDP)}, KeepAlive: -1,
					Username: "gateway", Password: "secret", AllowMD5: true, CallerID: "4001", AssertIdentity: true,
				}}
			})
			l, err := e.Dial(within(t), sip.Dial{Trunk: "carrier", Number: "10086"})
			if err != nil {
				t.Fatal(err)
			}
			await(t, "end of the call", l.Done())
			if end := l.Ending(); end.By != "caller" {
				t.Errorf("ended %+v", end)
			}
			peer.done()
		})
	}
}

func TestTrunkFailsOver(t *testing.T) {
	t.Parallel()
	v := newVoice(t)
	full := scenario{name: "refusing", vars: map[string]any{"status": "503 Service Unavailable"}}.wait(t)
	works := scenario{name: "answer", args: v.args()}.wait(t)
	e := start(t, func(c *sip.Config) {
		c.Trunks = []sip.Trunk{{
			Name: "carrier", Servers: []string{full.uri(sip.UDP), works.uri(sip.UDP)}, KeepAlive: -1, CallerID: "4001",
		}}
	})
	l, err := e.Dial(within(t), sip.Dial{Trunk: "carrier", Number: "10086"})
	if err != nil {
		t.Fatal(err)
	}
	full.done()
	if states := e.TrunkStates(); states[0].State != sip.Down {
		t.Errorf("states are %+v", states)
	}
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	works.done()
}

func TestTrunkRegisters(t *testing.T) {
	t.Parallel()
	peer := scenario{name: "registrar"}.wait(t)
	e := start(t, func(c *sip.Config) {
		c.Trunks = []sip.Trunk{{
			Name: "carrier", Servers: []string{peer.uri(sip.UDP)}, KeepAlive: -1,
			Username: "gateway", Password: "secret", AllowMD5: true, Register: true, Expires: time.Minute,
		}}
	})
	peer.done()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for ctx := within(t); !e.TrunkStates()[0].Registered; {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("not registered: %+v", e.TrunkStates())
		}
	}
}

func TestFarSideMakesOffers(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	v := newVoice(t)
	peer := scenario{name: "reinviting", vars: map[string]any{"g729": g729}, args: v.args()}.wait(t)
	l, err := e.Dial(within(t), sip.Dial{URI: peer.uri(sip.UDP), From: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	sing(t, l)
	await(t, "our tone at the peer", v.heard)
	hear(t, l, peerTone)
	peer.await("SIP/2.0 488")
	if l.Held() {
		t.Error("the call is held")
	}
	hear(t, l, peerTone)
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestWeHold(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	v := newVoice(t)
	peer := scenario{name: "held", args: v.args()}.wait(t)
	l, err := e.Dial(within(t), sip.Dial{URI: peer.uri(sip.UDP), From: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	hear(t, l, peerTone)
	if err := l.Hold(within(t)); err != nil {
		t.Fatal(err)
	}
	hush(t, l) // although the peer goes on
	sing(t, l)
	await(t, "our music at the peer", v.heard)
	if err := l.Resume(within(t)); err != nil {
		t.Fatal(err)
	}
	hear(t, l, peerTone)
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestKeysByInfo(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	peer := scenario{name: "info_keys", vars: map[string]any{
		"answer": withoutEvents(sippSDP(1, "[media_port]", "sendrecv")), "keys": []string{"5", "#"},
	}}.wait(t)
	l, err := e.Dial(within(t), sip.Dial{URI: peer.uri(sip.UDP), From: "4001"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SendKeys(0, '5', '#'); err != nil {
		t.Fatal(err)
	}
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}
