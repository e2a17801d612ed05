package webrtc

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/webrtc/join"
)

const (
	here  = "192.0.2.1"
	there = "192.0.2.2"
)

func newTestAdmission(t testing.TB, l Limits) *admission {
	t.Helper()
	l, err := l.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return newAdmission(l, media.SystemClock{})
}

// crowd has legs enter until one is refused, and returns how many came in and the status of the refusal. then is done by each.
func (a *admission) crowd(role join.Role, from string, then ...func(*permit)) (int, int) {
	for n := range 1000 {
		p, err := a.enter(role, netip.MustParseAddr(from))
		if err != nil {
			return n, statusOf(err)
		}
		p.spend()
		for _, f := range then {
			f(p)
		}
	}
	return 1000, 0
}

func TestOneAddressLeavesRoomForOthersAndCallersForAgents(t *testing.T) {
	type crowd struct {
		role          join.Role
		from          string
		want, refusal int
	}
	for name, c := range map[string]struct {
		limits Limits
		then   []func(*permit)
		crowds []crowd
	}{
		"set-ups that come to nothing": {
			limits: Limits{SettingUp: 10, SetupsPerSecond: 1000},
			crowds: []crowd{
				{join.Caller, here, 4, 429}, {join.Caller, there, 4, 503},
				{join.Agent, here, 2, 503}, {join.Supervisor, here, 0, 503},
			},
		},
		"calls that stand": {
			limits: Limits{Legs: 20, PerAddress: 10, SetupsPerSecond: 1000}, then: []func(*permit){(*permit).begin},
			crowds: []crowd{{join.Caller, here, 10, 429}, {join.Caller, there, 6, 503}, {join.Agent, here, 4, 503}},
		},
		"calls that end at once": {
			limits: Limits{SetupsPerSecond: 20}, then: []func(*permit){(*permit).leave},
			crowds: []crowd{{join.Caller, here, 10, 429}, {join.Caller, there, 10, 429}, {join.Caller, here, 0, 429}, {join.Agent, here, 1000, 0}},
		},
		"addresses of one IPv6 customer": {
			limits: Limits{PerAddress: 10, SetupsPerSecond: 1000}, then: []func(*permit){(*permit).begin},
			crowds: []crowd{{join.Caller, "2001:db8::1", 10, 429}, {join.Caller, "2001:db8::2", 0, 429}, {join.Caller, "2001:db8:0:1::1", 10, 429}},
		},
		"headsets of one office": {
			limits: Limits{PerAddress: 1}, then: []func(*permit){(*permit).begin}, crowds: []crowd{{join.Agent, here, 500, 503}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // so that no pace refills
				a := newTestAdmission(t, c.limits)
				for _, want := range c.crowds {
					got, refusal := a.crowd(want.role, want.from, c.then...)
					if got != want.want || refusal != want.refusal {
						t.Errorf("%s at %s: %d came in, then %d; want %d, then %d", want.role, want.from, got, refusal, want.want, want.refusal)
					}
				}
			})
		})
	}
}

func TestPlacesAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestAdmission(t, Limits{})
		for i := range 10_000 {
			p, err := a.enter(join.Caller, netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
			if err != nil {
				t.Fatal(err)
			}
			p.spend()
			if i%2 == 0 {
				p.begin()
			}
			p.leave()
			time.Sleep(100 * time.Millisecond)
		}
		if a.all != (places{}) || a.callers != (places{}) {
			t.Errorf("%+v and of callers %+v are taken", a.all, a.callers)
		}
		if n := len(a.houses); n > 5 {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}

// offered posts an offer that no ICE follows and returns the status of the answer.
func (g *gateway) offered(t testing.TB, role join.Role, from string) int {
	t.Helper()
	token, err := g.desk.Issue(join.Claims{Conversation: "c1", Role: role, Subject: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webrtc", strings.NewReader(goodOffer))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", typeSDP)
	r.RemoteAddr = from + ":1"
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Code
}

func TestTheRoleOfATokenAndTheAddressOfARequestCount(t *testing.T) {
	g := start(t, func(c *Config) { c.Limits = Limits{SettingUp: 5, SetupsPerSecond: 1000} })
	for i, c := range []struct {
		role join.Role
		from string
		want int
	}{
		{join.Caller, here, 201},
		{join.Caller, here, 201},
		{join.Caller, here, 429},
		{join.Caller, there, 201},
		{join.Caller, there, 201},
		{join.Caller, there, 503},
		{join.Agent, here, 201},
		{join.Agent, here, 503},
	} {
		if got := g.offered(t, c.role, c.from); got != c.want {
			t.Errorf("offer %d, of a %s at %s, was answered %d, want %d", i, c.role, c.from, got, c.want)
		}
	}
}
