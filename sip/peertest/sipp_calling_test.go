package peertest

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/g711"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/sip"
)

func TestCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, network string
		here          netip.Addr
	}{
		{"UDP", sip.UDP, loopback}, {"TCP", sip.TCP, loopback}, {"UDP over IPv6", sip.UDP, netip.IPv6Loopback()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) {
				c.Answer, c.Media.Address = giving(legs), test.here
				for i := range c.Listen {
					c.Listen[i].Address = netip.AddrPortFrom(test.here, 0)
				}
			})
			v := newVoiceAt(t, test.here)
			peer := scenario{name: "call", network: test.network, vars: map[string]any{"port": "[sound_port]"}, args: v.args()}.call(t, e)
			l := next(t, "call", legs)
			if got := l.Codec().Name; got != "PCMA" {
				t.Errorf("codec is %s", got)
			}
			if c := l.Call(); c.From != "sipp" || c.FromName != "SIPp" || c.To != "hotline" || c.Transport != test.network {
				t.Errorf("call is %+v", c)
			}
			sing(t, l)
			hear(t, l, peerTone)
			await(t, "our tone at the peer", v.heard)
			await(t, "end of the call", l.Done())
			if end := l.Ending(); end.By != "caller" {
				t.Errorf("ended %+v", end)
			}
			peer.done()
		})
	}
}

// SIPp's echo has our own stream in it, which must not be taken for the peer's (RFC 3550 section 8.2).
func TestEchoedStreamIsKnown(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	peer := scenario{name: "call", vars: map[string]any{"port": "[media_port]"}, args: []string{"-rtp_echo"}}.call(t, e)
	l := next(t, "call", legs)
	sing(t, l)
	await(t, "end of the call", l.Done())
	peer.done()
	if s := l.Stats(); s.Discarded.Looped < s.Sent.Packets*9/10 || s.Sent.Packets < 20 {
		t.Errorf("%d of %d packets came back", s.Discarded.Looped, s.Sent.Packets)
	}
}

func TestSoundOfSIPp(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	vars := map[string]any{"offer": sippSDP(1, "[rtpstream_audio_port]", "sendrecv")}
	song := alaw(t, tone.Pattern{Hz: [2]float64{peerTone, 0}, Level: -20})
	peer := scenario{name: "stream", vars: vars, files: map[string][]byte{"sound.al": song}}.call(t, e)
	l := next(t, "call", legs)
	hear(t, l, peerTone)
	if err := l.Hangup(within(t), "heard"); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestKeyInSound(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer, c.ListenForTones = giving(legs), true })
	vars := map[string]any{"offer": withoutEvents(sippSDP(1, "[rtpstream_audio_port]", "sendrecv"))}
	pressed := alaw(t, tone.Dual(770, 1336, 200*time.Millisecond))
	peer := scenario{name: "stream", vars: vars, files: map[string][]byte{"sound.al": pressed}}.call(t, e)
	l := next(t, "call", legs)
	if got := next(t, "key", l.Keys()); got.Key != '5' || got.Source != dtmf.SourceInBand {
		t.Errorf("key is %+v, want 5 in the sound", got)
	}
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

// alaw returns the first second of a tone as A-law.
func alaw(t *testing.T, p tone.Pattern) []byte {
	t.Helper()
	g, err := tone.NewGenerator(p, g711.Rate)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, g711.Rate)
	g.ReadFrame(pcm)
	out, err := g711.NewEncoder(g711.ALaw).Encode(nil, pcm)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	e := start(t, func(c *sip.Config) {
		c.Answer = func(ctx context.Context, in *sip.Invitation) {
			if err := in.Ring(); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			close(gone)
		}
	})
	peer := scenario{name: "cancel"}.call(t, e)
	await(t, "end of the call", gone)
	peer.done()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := sippSDP(1, "[media_port]", "sendrecv")
	tests := []struct {
		name   string
		offer  string
		code   hotline.Code
		status int
		has    string
	}{
		{"busy", good, hotline.CodeConflict, 486, "^SIP/2.0 486 Busy Here"},
		{"overload", good, hotline.CodeOverload, 503, "Retry-After: [0-9]"},
		{"unknown number", good, hotline.CodeNotFound, 404, "^SIP/2.0 404 Not Found"},
		{"unknown codec", g729, "", 488, "^SIP/2.0 488 Not Acceptable Here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := start(t, func(c *sip.Config) {
				c.Answer = func(_ context.Context, in *sip.Invitation) { _ = in.Reject(test.code) }
			})
			vars := map[string]any{"offer": test.offer, "status": test.status, "has": test.has}
			scenario{name: "refused", vars: vars}.call(t, e).done()
			if got := e.Stats().Refused[test.status]; got != 1 {
				t.Errorf("%d refusals counted", got)
			}
		})
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	e := start(t, nil)
	if err := e.Drain(within(t)); err != nil {
		t.Fatal(err)
	}
	vars := map[string]any{"offer": sippSDP(1, "[media_port]", "sendrecv"), "status": 503, "has": "Retry-After: [0-9]"}
	scenario{name: "refused", vars: vars}.call(t, e).done()
}

func TestHoldAndResumeByCaller(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	peer := scenario{name: "hold", args: newVoice(t).args()}.call(t, e)
	l := next(t, "call", legs)
	sing(t, l)
	hear(t, l, peerTone)
	hush(t, l)
	if !l.Held() {
		t.Error("the call is not held")
	}
	hear(t, l, peerTone)
	if l.Held() {
		t.Error("the call is held")
	}
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	peer.done()
}

func TestDigest(t *testing.T) {
	t.Parallel()
	good, bad := "[authentication username=8001 password=correct]", "[authentication username=8001 password=wrong]"
	tests := []struct {
		name, scenario, credentials string
		status                      int
	}{
		{"REGISTER", "register", good, 200},
		{"REGISTER with a wrong password", "register", bad, 401},
		{"REGISTER of nobody", "register", "[authentication username=nobody password=correct]", 401},
		{"INVITE", "invite_auth", good, 200},
		{"INVITE with a wrong password", "invite_auth", bad, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := start(t, func(c *sip.Config) {
				c.RequireAuth = true
				c.Users = []sip.User{{Name: "8001", Password: "correct", AllowMD5: true}}
			})
			vars := map[string]any{"credentials": test.credentials, "status": test.status}
			uri := fmt.Sprintf("8001@%v;transport=UDP", e.Addr(sip.UDP))
			scenario{name: test.scenario, vars: vars, args: []string{"-s", "8001", "-auth_uri", uri}}.call(t, e).done()
			if got := e.Stats().AuthFailed; (got == 0) != (test.status == 200) {
				t.Errorf("%d failures counted", got)
			}
		})
	}
}
