package sip

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip/digest"
)

// phone is a wire of a user that answers challenges.
type phone struct {
	*wire
	client *digest.Client
	seq    int
}

func newPhone(t *testing.T, e *Endpoint, name, password string) *phone {
	client, err := digest.NewClient("", digest.Account{Name: name, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return &phone{newWire(t, e), client, 0}
}

// register sends a REGISTER of user alice, answers the challenge, and returns the final response.
func (p *phone) register(more ...string) *gosip.Response {
	p.t.Helper()
	send := func(lines ...string) *gosip.Response {
		p.seq++
		p.write(strings.Join(append([]string{
			"REGISTER sip:PEER SIP/2.0",
			"Via: SIP/2.0/UDP LOCAL;rport;branch=" + newBranch(),
			"From: <sip:alice@PEER>;tag=a", "To: <sip:alice@PEER>", "Call-ID: reg-LOCAL", "CSeq: " + strconv.Itoa(p.seq) + " REGISTER",
		}, lines...), "\n"), "")
		for {
			switch m := p.read(5 * time.Second).(type) {
			case *gosip.Response:
				return m
			case nil:
				p.t.Fatal("no answer to REGISTER")
			}
		}
	}
	res := send(more...)
	exchange := p.client.Begin("REGISTER", "sip:"+p.peer.String())
	for res.StatusCode == gosip.StatusUnauthorized {
		var challenges []string
		for _, h := range res.GetHeaders("WWW-Authenticate") {
			challenges = append(challenges, h.Value())
		}
		answer, err := exchange.Answer(challenges)
		if err != nil {
			return res
		}
		res = send(append(more, "Authorization: "+answer)...)
	}
	return res
}

func withAlice(c *Config) {
	c.Users = []User{{Name: "alice", Password: "wonderland"}, {Name: "bob", Password: "builder"}}
	c.RequireAuth = true
}

func TestRegistrar(t *testing.T) {
	e := start(t, withAlice)
	p := newPhone(t, e, "alice", "wonderland")
	contacts := func(res *gosip.Response) string {
		var out []string
		for _, h := range res.GetHeaders("Contact") {
			out = append(out, h.Value())
		}
		return strings.Join(out, " ")
	}
	steps := []struct {
		name     string
		lines    []string
		status   int
		contacts string
	}{
		{"one phone", []string{"Contact: <sip:alice@10.0.0.1>", "Expires: 300", "Path: <sip:evil;lr>"}, 200, "<sip:alice@10.0.0.1>;expires=300"},
		{"query", nil, 200, "<sip:alice@10.0.0.1>;expires=300"},
		{"too brief", []string{"Contact: <sip:alice@10.0.0.2>;expires=5"}, 423, ""},
		{"another", []string{"Contact: <sip:alice@10.0.0.2>;expires=600"}, 200, "<sip:alice@10.0.0.1>;expires=300 <sip:alice@10.0.0.2>;expires=600"},
		{"too long", []string{"Contact: <sip:alice@10.0.0.1>;expires=99999"}, 200, "<sip:alice@10.0.0.2>;expires=600 <sip:alice@10.0.0.1>;expires=7200"},
		{"one less", []string{"Contact: <sip:alice@10.0.0.1>;expires=0"}, 200, "<sip:alice@10.0.0.2>;expires=600"},
		{"star with time", []string{"Contact: *", "Expires: 100"}, 400, ""},
		{"star", []string{"Contact: *", "Expires: 0"}, 200, ""},
	}
	for _, s := range steps {
		res := p.register(s.lines...)
		if res.StatusCode != s.status || contacts(res) != s.contacts {
			t.Errorf("%s: %d with %q, want %d with %q", s.name, res.StatusCode, contacts(res), s.status, s.contacts)
		}
	}
	if res := p.register("Contact: <sip:alice@10.0.0.3>;expires=5"); text(res, "Min-Expires") != "60" {
		t.Errorf("423 is\n%s", res)
	}
	for i := range 10 {
		p.register(fmt.Sprintf("Contact: <sip:alice@10.0.1.%d>", i))
	}
	if got := len(e.users["alice"].current(time.Now())); got != 5 {
		t.Errorf("%d phones, want 5", got)
	}
}

func TestRegistrarRefusesOthers(t *testing.T) {
	e := start(t, withAlice)
	if res := newPhone(t, e, "alice", "wrong").register(); res.StatusCode != gosip.StatusUnauthorized {
		t.Errorf("wrong password: %d", res.StatusCode)
	}
	if res := newPhone(t, e, "mallory", "wonderland").register(); res.StatusCode != gosip.StatusUnauthorized {
		t.Errorf("unknown user: %d", res.StatusCode)
	}
	if res := newPhone(t, e, "bob", "builder").register("Contact: <sip:alice@10.0.0.9>"); res.StatusCode != gosip.StatusForbidden {
		t.Errorf("another's address: %d", res.StatusCode)
	}
	if got := e.Stats().AuthFailed; got != 2 {
		t.Errorf("%d failures counted", got)
	}
}

func TestRegistrationEnds(t *testing.T) {
	c := newClock()
	e := start(t, func(cfg *Config) { withAlice(cfg); cfg.Clock = c })
	newPhone(t, e, "alice", "wonderland").register("Contact: <sip:alice@127.0.0.1:9>", "Expires: 60")
	c.set <- struct{}{}
	c.advance(t, time.Minute)
	_, err := e.Dial(within(t), Dial{User: "alice"})
	if hotline.CodeOf(err) != hotline.CodeUnavailable {
		t.Errorf("error is %v", err)
	}
}

func TestDialUser(t *testing.T) {
	e := start(t, withAlice)
	p := newPhone(t, e, "alice", "wonderland")
	p.register("Contact: <sip:alice@" + p.local.String() + ">")
	call := dial(within(t), e, Dial{User: "alice", From: "12345"})
	invite := p.answer("phone")
	if invite.Recipient.User != "alice" || invite.From().Address.User != "12345" {
		t.Errorf("INVITE is\n%s", invite)
	}
	l := (<-call).leg
	p.inDialog(invite, "BYE", 1, "phone", "")
	p.status(200)
	await(t, "end", l.Done())
	if _, err := e.Dial(within(t), Dial{User: "nobody"}); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("error is %v", err)
	}
}

func TestCallsNeedCredentials(t *testing.T) {
	calls := make(chan Call, 1)
	e := start(t, func(c *Config) {
		withAlice(c)
		c.Answer = func(_ context.Context, in *Invitation) {
			calls <- in.Describe()
			_ = in.Reject(hotline.CodeConflict)
		}
	})
	client, _ := digest.NewClient("", digest.Account{Name: "alice", Password: "wonderland"})
	w := newWire(t, e)
	w.request("INVITE", "1", 1, "", g711)
	res := w.status(401)
	w.request("ACK", "1", 1, toTag(res), "")
	answer, err := client.Begin("INVITE", "sip:hotline@"+w.peer.String()).Answer([]string{text(res, "WWW-Authenticate")})
	if err != nil {
		t.Fatal(err)
	}
	w.request("INVITE", "1", 2, "", g711, "Authorization: "+answer)
	w.status(486)
	if got := (<-calls).User; got != "alice" {
		t.Errorf("user is %q", got)
	}
	w.request("INVITE", "1", 3, "", g711, "Authorization: "+answer) // once more
	if res := w.status(401); !strings.Contains(text(res, "WWW-Authenticate"), "stale=true") {
		t.Errorf("a used answer gets\n%s", res)
	}
}
