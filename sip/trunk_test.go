package sip

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// until waits for a condition that a goroutine of an Endpoint brings about.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for ctx := within(t); !is(); {
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not happen", what)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestTrunkRegistersAndIsDialled(t *testing.T) {
	calls := make(chan Call, 1)
	provider := start(t, func(c *Config) {
		withAlice(c)
		c.Answer = func(ctx context.Context, in *Invitation) {
			calls <- in.Describe()
			if l, err := in.Answer(ctx); err == nil {
				<-l.Done()
			}
		}
	})
	hole := blackHole(t)
	e := start(t, func(c *Config) {
		c.Trunks = []Trunk{{
			Name: "provider", Servers: []string{"sip:" + hole, "sip:" + provider.Addr(UDP).String()}, Domain: "example.com",
			Username: "alice", Password: "wonderland", Register: true, Strip: 1, Prefix: "0086", CallerID: "12345", AssertIdentity: true,
		}}
	})
	until(t, "registration", func() bool { return e.TrunkStates()[1].Registered })
	until(t, "health", func() bool { s := e.TrunkStates(); return s[0].State == Down && s[1].State == Up })
	if phones := provider.users["alice"].current(time.Now()); len(phones) != 1 || phones[0].source != e.Addr(UDP) {
		t.Errorf("the provider knows %+v", phones)
	}
	l, err := e.Dial(within(t), Dial{Trunk: "provider", Number: "013800138000"})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-calls; got.To != "008613800138000" || got.From != "12345" || got.User != "alice" {
		t.Errorf("the provider sees %+v", got)
	}
	if got := l.Call().Trunk; got != "provider" {
		t.Errorf("trunk is %q", got)
	}
	if err := l.Hold(within(t)); err != nil { // which the provider challenges, or not
		t.Error(err)
	}
	_ = l.Hangup(within(t), "")
}

func TestTrunkFailsOver(t *testing.T) {
	callee := start(t, nil)
	for name, first := range map[string]func(w *wire){
		"silent":     func(*wire) {},
		"overloaded": func(w *wire) { i := w.asked(gosip.INVITE); w.reply(i, 503, "x", "") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, nil)
			e := start(t, func(c *Config) {
				c.Trunks = []Trunk{{Name: "t", Servers: []string{"sip:" + w.local.String(), "sip:" + callee.Addr(UDP).String()}, KeepAlive: -1}}
			})
			go first(w)
			l, err := e.Dial(within(t), Dial{Trunk: "t", Number: "1"})
			if err != nil {
				t.Fatal(err)
			}
			if s := e.TrunkStates(); s[0].State != Down || s[1].State != Unknown {
				t.Errorf("states are %+v", s)
			}
			_ = l.Hangup(within(t), "")
		})
	}
}

func TestTrunkRefusalIsFinal(t *testing.T) {
	w, other := newWire(t, nil), newWire(t, nil)
	e := start(t, func(c *Config) {
		c.Trunks = []Trunk{{Name: "t", Servers: []string{"sip:" + w.local.String(), "sip:" + other.local.String()}, KeepAlive: -1}}
	})
	call := dial(within(t), e, Dial{Trunk: "t", Number: "1#", FromName: "x"})
	invite := w.asked(gosip.INVITE)
	if invite.Recipient.User != "1%23" {
		t.Errorf("Request-URI is %s", invite.Recipient.String())
	}
	w.reply(invite, 486, "x", "")
	if got := <-call; hotline.CodeOf(got.err) != hotline.CodeConflict {
		t.Errorf("error is %v", got.err)
	}
	other.quiet(gosip.T1)
	for _, number := range []string{"", "1;phone-context=x", "1@evil", "1\r\nX: y"} {
		if _, err := e.Dial(within(t), Dial{Trunk: "t", Number: number}); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("number %q: error is %v", number, err)
		}
	}
}

func TestTrunkCallsComeFromItsAddresses(t *testing.T) {
	calls := make(chan Call, 1)
	e := start(t, func(c *Config) {
		withAlice(c)
		c.Trunks = []Trunk{{Name: "pbx", Servers: []string{"sip:192.0.2.1"}, Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, KeepAlive: -1, MaxCalls: 1}}
		c.Answer = func(ctx context.Context, in *Invitation) {
			calls <- in.Describe()
			<-ctx.Done()
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "1", 1, "", g711)
	if got := <-calls; got.Trunk != "pbx" || got.User != "" {
		t.Errorf("call is %+v", got)
	}
	w.request("INVITE", "2", 1, "", g711)
	if res := w.status(503); text(res, "Retry-After") != "10" {
		t.Errorf("a call too many gets\n%s", res)
	}
	w.request("CANCEL", "1", 1, "", "")
	w.status(200)
	w.status(487)
}

func TestTrunkAddressesAreAdvertised(t *testing.T) {
	w := newWire(t, nil)
	e := start(t, func(c *Config) {
		c.Trunks = []Trunk{{
			Name: "t", Servers: []string{"sip:" + w.local.String()}, KeepAlive: -1,
			Advertise: "198.51.100.7", AdvertisePort: 5099, MediaAdvertise: netip.MustParseAddr("198.51.100.8"),
		}}
	})
	call := dial(within(t), e, Dial{Trunk: "t", Number: "1", From: "2"})
	invite := w.asked(gosip.INVITE)
	if invite.Via().SentBy() != "198.51.100.7:5099" || invite.Contact().Address.HostPort() != "198.51.100.7:5099" ||
		!strings.Contains(string(invite.Body()), "c=IN IP4 198.51.100.8") {
		t.Errorf("INVITE is\n%s", invite)
	}
	w.reply(invite, 486, "x", "")
	<-call
}

func TestRegistrationIsRefreshedAndTriedAgain(t *testing.T) {
	c := newClock()
	w := newWire(t, nil)
	e := start(t, func(cfg *Config) {
		cfg.Clock = c
		cfg.Trunks = []Trunk{{Name: "t", Servers: []string{"sip:" + w.local.String()}, KeepAlive: -1, Register: true, Username: "u", Password: "p"}}
	})
	first := w.asked(gosip.REGISTER)
	w.reply(first, 423, "x", "", "Min-Expires: 900")
	second := w.asked(gosip.REGISTER)
	if text(second, "Expires") != "900" || second.CSeq().SeqNo <= first.CSeq().SeqNo || second.CallID().Value() != first.CallID().Value() {
		t.Errorf("second REGISTER is\n%s", second)
	}
	w.reply(second, 200, "x", "", "Expires: 900")
	until(t, "registration", func() bool { return e.TrunkStates()[0].Registered })
	c.advance(t, 870*time.Second)
	w.reply(w.asked(gosip.REGISTER), 503, "x", "")
	until(t, "loss of registration", func() bool { return !e.TrunkStates()[0].Registered })
	c.advance(t, 3*time.Second) // the most a first retry waits
	w.reply(w.asked(gosip.REGISTER), 200, "x", "", "Expires: 900")
	until(t, "registration", func() bool { return e.TrunkStates()[0].Registered })
}

func TestCredentialsGoToTheTrunkOnly(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) {
		c.Trunks = []Trunk{{
			Name: "t", Servers: []string{"sip:192.0.2.1"}, Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Username: "u", Password: "p", AllowMD5: true, KeepAlive: -1,
		}}
		c.Answer = answering(legs)
	})
	challenge := `WWW-Authenticate: Digest realm="x", nonce="y", algorithm=MD5, qop="auth"`
	for _, elsewhere := range []bool{false, true} {
		w, to := newWire(t, e), newWire(t, e)
		if elsewhere {
			to = newWireAt(t, e, netip.MustParseAddr("127.0.0.2"))
		}
		id := to.local.String()
		w.request("INVITE", id, 1, "", g711, "Record-Route: <sip:"+id+";lr>")
		w.request("ACK", id, 1, toTag(w.status(200)), "")
		l := <-legs
		go func() { _ = l.Hangup(context.Background(), "") }()
		to.reply(to.asked(gosip.BYE), 401, "", "", challenge)
		if !elsewhere {
			bye := to.asked(gosip.BYE)
			if text(bye, "Authorization") == "" {
				t.Errorf("BYE to the trunk is\n%s", bye)
			}
			to.reply(bye, 200, "", "")
		} else {
			to.quiet(2 * gosip.T1)
		}
		await(t, "end", l.Done())
	}
}
