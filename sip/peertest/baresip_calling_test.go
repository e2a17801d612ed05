package peertest

import (
	"testing"

	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/sdp"
)

var (
	alawPhone = peer.Account{Codec: "pcma"}
	g722Phone = peer.Account{Codec: "G722/16000/1"}
	opusPhone = peer.Account{Codec: "opus/48000/2"}
)

// with returns an account with another transport and with or without SRTP.
func with(a peer.Account, network string, srtp bool) peer.Account {
	a.Network, a.SRTP = network, srtp
	return a
}

func TestSoftphoneCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, codec string
		account     peer.Account
		policy      sdp.SRTP
	}{
		{"A-law", "PCMA", alawPhone, sdp.SRTPOff},
		{"G.722 over TCP", "G722", with(g722Phone, sip.TCP, false), sdp.SRTPOptional},
		{"Opus", "opus", opusPhone, sdp.SRTPOff},
		{"A-law over TLS", "PCMA", with(alawPhone, sip.TLS, false), sdp.SRTPOptional},
		{"SRTP over TLS", "PCMA", with(alawPhone, sip.TLS, true), sdp.SRTPRequired},
		{"Opus in SRTP", "opus", with(opusPhone, sip.UDP, true), sdp.SRTPOptional},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) { c.Answer, c.SRTP = giving(legs), test.policy })
			p := newPhone(t, e, test.account)
			p.dial(e)
			l := next(t, "call", legs)
			p.Wait("CALL_ESTABLISHED")
			if got := l.Codec().Name; got != test.codec {
				t.Errorf("codec is %s", got)
			}
			if got := l.Call().Transport; got != p.network {
				t.Errorf("transport is %s", got)
			}
			sing(t, l)
			hear(t, l, peerTone)
			p.hear()
			p.Do("hangup", "")
			await(t, "end of the call", l.Done())
			if end := l.Ending(); end.By != "caller" {
				t.Errorf("ended %+v", end)
			}
		})
	}
}

func TestSoftphoneWithoutRequiredSRTP(t *testing.T) {
	t.Parallel()
	e := start(t, func(c *sip.Config) { c.SRTP = sdp.SRTPRequired })
	p := newPhone(t, e, alawPhone)
	p.dial(e)
	p.Wait("CALL_CLOSED")
	if got := e.Stats().Refused[488]; got != 1 {
		t.Errorf("refused %v", e.Stats().Refused)
	}
}

func TestSoftphoneRegistersAndIsCalled(t *testing.T) {
	t.Parallel()
	for _, network := range []string{sip.UDP, sip.TCP, sip.TLS} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) {
				c.Answer, c.RequireAuth = giving(legs), true
				if network == sip.TLS {
					c.SRTP = sdp.SRTPRequired
				}
				c.Users = []sip.User{{Name: "8001", Password: "correct", AllowMD5: true}}
			})
			a := with(alawPhone, network, network == sip.TLS)
			a.Password = "correct"
			p := newPhone(t, e, a)
			p.Wait("REGISTER_OK")

			l, err := e.Dial(within(t), sip.Dial{User: "8001", From: "12345", FromName: "热线"})
			if err != nil {
				t.Fatal(err)
			}
			sing(t, l)
			hear(t, l, peerTone)
			p.hear()
			if err := l.Hangup(within(t), "heard"); err != nil {
				t.Fatal(err)
			}
			p.Wait("CALL_CLOSED")

			p.dial(e)
			l = next(t, "call", legs)
			if got := l.Call().User; got != "8001" {
				t.Errorf("user is %q", got)
			}
			p.Do("hangup", "")
			await(t, "end of the call", l.Done())
		})
	}
}

func TestSoftphoneWithWrongPassword(t *testing.T) {
	t.Parallel()
	e := start(t, func(c *sip.Config) {
		c.Users = []sip.User{{Name: "8001", Password: "correct", AllowMD5: true}}
	})
	a := alawPhone
	a.Password = "wrong"
	p := newPhone(t, e, a)
	p.Wait("REGISTER_FAIL")
	if e.Stats().AuthFailed == 0 {
		t.Error("no failure is counted")
	}
	if _, err := e.Dial(within(t), sip.Dial{User: "8001"}); err == nil {
		t.Error("the phone was called")
	}
}

// baresip 1.0 records no more once a re-INVITE has come, so that what it hears is known by our packets.
func TestSoftphoneHolds(t *testing.T) {
	t.Parallel()
	legs := make(chan *sip.Leg, 1)
	e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
	p := newPhone(t, e, alawPhone)
	p.dial(e)
	l := next(t, "call", legs)
	sing(t, l)
	hear(t, l, peerTone)
	p.hear()

	p.Do("hold", "")
	hush(t, l)
	if !l.Held() {
		t.Error("the call is not held")
	}
	held := l.Stats().Sent.Packets
	hush(t, l)
	if got := l.Stats().Sent.Packets - held; got > 0 {
		t.Errorf("%d packets sent to who does not listen", got)
	}
	p.Do("resume", "")
	hear(t, l, peerTone)
	if l.Held() {
		t.Error("the call is held")
	}
	if got := l.Stats().Sent.Packets - held; got < 10 {
		t.Errorf("%d packets sent after resuming", got)
	}

	if err := l.Hold(within(t)); err != nil {
		t.Fatal(err)
	}
	hush(t, l)
	if err := l.Resume(within(t)); err != nil {
		t.Fatal(err)
	}
	hear(t, l, peerTone)
	p.Do("hangup", "")
	await(t, "end of the call", l.Done())
}

func TestSoftphoneKeys(t *testing.T) {
	t.Parallel()
	for _, a := range []peer.Account{alawPhone, opusPhone} {
		t.Run(a.Codec, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
			p := newPhone(t, e, a)
			p.dial(e)
			l := next(t, "call", legs)
			hear(t, l, peerTone)
			for _, want := range []dtmf.Key{'1', '2', '2', '#'} {
				p.Do("sndcode", want.String())
				if got := next(t, "key", l.Keys()); got.Key != want || got.Source != dtmf.SourceRTP {
					t.Errorf("key %+v, want %v by RTP", got, want)
				}
			}
			if err := l.SendKeys(0, '9', '*'); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"9", "*"} {
				if got := p.Wait("CALL_DTMF_START"); got.Param != want {
					t.Errorf("the phone got key %+v, want %s", got, want)
				}
			}
			p.Do("hangup", "")
			await(t, "end of the call", l.Done())
			select {
			case more := <-l.Keys():
				t.Errorf("one more key %+v", more)
			default:
			}
		})
	}
}
