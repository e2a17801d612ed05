package peertest

import (
	"fmt"
	"testing"

	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/sdp"
)

var (
	alawPhone = account{codec: "pcma", rate: 8000, channels: 1}
	g722Phone = account{codec: "G722/16000/1", rate: 16000, channels: 1}
	opusPhone = account{codec: "opus/48000/2", rate: 48000, channels: 2}
)

// with returns the account with another transport and with or without SRTP.
func (a account) with(network string, srtp bool) account {
	a.network, a.srtp = network, srtp
	return a
}

func TestSoftphoneCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, codec string
		account
		policy sdp.SRTP
	}{
		{"A-law", "PCMA", alawPhone, sdp.SRTPOff},
		{"G.722 over TCP", "G722", g722Phone.with(sip.TCP, false), sdp.SRTPOptional},
		{"Opus", "opus", opusPhone, sdp.SRTPOff},
		{"A-law over TLS", "PCMA", alawPhone.with(sip.TLS, false), sdp.SRTPOptional},
		{"SRTP over TLS", "PCMA", alawPhone.with(sip.TLS, true), sdp.SRTPRequired},
		{"Opus in SRTP", "opus", opusPhone.with(sip.UDP, true), sdp.SRTPOptional},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) { c.Answer, c.SRTP = giving(legs), test.policy })
			p := newPhone(t, e, test.account)
			p.dial(e)
			l := next(t, "call", legs)
			p.wait("CALL_ESTABLISHED")
			if got := l.Codec().Name; got != test.codec {
				t.Errorf("codec is %s", got)
			}
			if got := l.Call().Transport; got != p.network {
				t.Errorf("transport is %s", got)
			}
			sing(t, l)
			hear(t, l, peerTone)
			p.hear()
			p.do("hangup", "")
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
	p.wait("CALL_CLOSED")
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
			a := alawPhone.with(network, network == sip.TLS)
			a.password = "correct"
			p := newPhone(t, e, a)
			p.wait("REGISTER_OK")

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
			p.wait("CALL_CLOSED")

			p.dial(e)
			l = next(t, "call", legs)
			if got := l.Call().User; got != "8001" {
				t.Errorf("user is %q", got)
			}
			p.do("hangup", "")
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
	a.password = "wrong"
	p := newPhone(t, e, a)
	p.wait("REGISTER_FAIL")
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

	p.do("hold", "")
	hush(t, l)
	if !l.Held() {
		t.Error("the call is not held")
	}
	held := l.Stats().Sent.Packets
	hush(t, l)
	if got := l.Stats().Sent.Packets - held; got > 0 {
		t.Errorf("%d packets sent to who does not listen", got)
	}
	p.do("resume", "")
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
	p.do("hangup", "")
	await(t, "end of the call", l.Done())
}

func TestSoftphoneKeys(t *testing.T) {
	t.Parallel()
	for _, a := range []account{alawPhone, opusPhone} {
		t.Run(a.codec, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *sip.Leg, 1)
			e := start(t, func(c *sip.Config) { c.Answer = giving(legs) })
			p := newPhone(t, e, a)
			p.dial(e)
			l := next(t, "call", legs)
			hear(t, l, peerTone)
			for _, want := range []dtmf.Key{'1', '2', '2', '#'} {
				p.do("sndcode", want.String())
				if got := next(t, "key", l.Keys()); got.Key != want || got.Source != dtmf.SourceRTP {
					t.Errorf("key %+v, want %v by RTP", got, want)
				}
			}
			if err := l.SendKeys(0, '9', '*'); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"9", "*"} {
				if got := p.wait("CALL_DTMF_START"); got.Param != want {
					t.Errorf("the phone got key %+v, want %s", got, want)
				}
			}
			p.do("hangup", "")
			await(t, "end of the call", l.Done())
			select {
			case more := <-l.Keys():
				t.Errorf("one more key %+v", more)
			default:
			}
		})
	}
}

// dial makes the phone call the Endpoint.
func (p *phone) dial(e gateway) {
	p.t.Helper()
	p.do("dial", fmt.Sprintf("sip:hotline@%v", e.Addr(p.network))) // it adds the transport of its account
}
