package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// TestPeople has people call, take calls and hang up, on one gateway: starting one takes half a minute with the race
// detector. Nothing runs beside them, for two browsers, a crowd and speech engines are enough for two cores.
func TestPeople(t *testing.T) {
	c := newCentre(t)
	calm := c.goroutines(t)
	if t.Run("in browsers", func(t *testing.T) { inBrowsers(t, c) }) &&
		t.Run("on phones", func(t *testing.T) { onPhones(t, c) }) {
		t.Run("nobody is lost whatever they do", func(t *testing.T) { whateverTheyDo(t, c, calm) })
	}
}

// centre is a gateway with a trunk, those who may log in, the telephones of callers, and somebody who looks at it all.
type centre struct {
	r         *rig
	carrier   *peer.Baresip
	telephone *softphone
	looker    restClient
}

// Extensions. The first two are those of baresip.
const (
	hanPhone   = "8001"
	linPhone   = "8002"
	stormPhone = "8003"
	bossPhone  = "8004"
)

func newCentre(t *testing.T) *centre {
	t.Helper()
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	line := func(user string) peer.Account { return peer.Account{User: user, Server: nobody, Codec: "pcma"} }
	busy := line(engaged)
	busy.Manual = true
	c := &centre{carrier: peer.StartBaresip(t, trunkTone, nil, line("119"), line(colleague), busy)}
	p, err := city()
	if err != nil {
		t.Fatal(err)
	}
	ahead := []string{whispered}
	for _, phrase := range []string{"place_next", "survey", "survey_thanks", "transferred", "unattended"} {
		ahead = append(ahead, p.Set.House.Phrases[phrase].Voice...)
	}
	c.r = testRig(t, rigConfig{
		Prompts: ahead, Media: "silence: " + silence.String(),
		SIP: fmt.Sprintf(`users: [{name: %q, password: %q}, {name: %q, password: %q}, {name: %q, password: %q}, {name: %q, password: %q}]
  trunks: [{name: carrier, servers: [{network: udp, address: %q}], options_interval: 0s}]`,
			hanPhone, demoPassword, linPhone, demoPassword, stormPhone, demoPassword, bossPhone, demoPassword, c.carrier.Address),
		Extra: fmt.Sprintf(`desk: {trunk: carrier, services: {"119": "119"}, allow: [%q, %q], dial: 10s}`, colleague, engaged[:7]+"*"),
	})
	for _, login := range []string{"han", "lin", "wang", "zhao", "qian", "li", "zhou", "sun"} {
		if err := c.r.addUser(t.Context(), login, login, "agent", demoPassword); err != nil {
			t.Fatal(err)
		}
	}
	for login, roles := range map[string]string{"chief": "supervisor", "boss": "supervisor", "looker": "supervisor,administrator"} {
		if err := c.r.addUser(t.Context(), login, login, roles, demoPassword); err != nil {
			t.Fatal(err)
		}
	}
	if c.telephone, err = startSoftphone(t.Context(), softphoneConfig{Codecs: onlyPCMA(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.telephone.close() })
	if c.looker, err = c.r.logIn(t.Context(), "looker", demoPassword); err != nil {
		t.Fatal(err)
	}
	return c
}

// rings has agents be rung for so many seconds, and tidy up for two.
func (c *centre) rings(t *testing.T, seconds int) {
	t.Helper()
	queue := map[string]any{"id": "general", "name": "general", "ring_timeout_s": seconds, "wrap_up_s": 2}
	if _, err := c.looker.do(t.Context(), http.MethodPut, "/desk/queues/general", "", queue, nil); err != nil {
		t.Fatal(err)
	}
}

// agentIsLost has the first agent vanish in the middle of a talk.
func agentIsLost(t *testing.T, r *rig) {
	first, err := startAgent(t.Context(), r, "sun", demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	telephone, err := startSoftphone(t.Context(), softphoneConfig{Codecs: onlyPCMA(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = telephone.close() }()
	leg, err := telephone.dial(t.Context(), r.uri("12345"))
	if err != nil {
		t.Fatal(err)
	}
	hears := newToneEar(agentTone)
	if err := leg.Join(hears.sink(leg.Format()), callerVoice(leg.Format())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pause(ctx, time.Second)
	if err := leg.SendKeys(0, dtmf.Key('0')); err != nil {
		t.Fatal(err)
	}
	accept := func(a *deskAgent) {
		t.Helper()
		select {
		case offer := <-a.offers:
			hears.wait()
			if err := a.command(ctx, http.MethodPost, "/desk/offers/"+offer.id+"/accept", struct{}{}); err != nil {
				t.Fatal(err)
			}
			if _, err := hears.heard(ctx); err != nil {
				t.Fatal(err)
			}
		case <-ctx.Done():
			t.Fatal("nobody is rung")
		}
	}
	accept(first)
	next, err := startAgent(ctx, r, "zhou", demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.close() }()
	gone := time.Now()
	_ = first.close()
	select {
	case offer := <-next.offers:
		if took := offer.at.Sub(gone); took > 5*time.Second {
			t.Errorf("the next agent is rung after %v, want 5 s", took)
		}
		next.offers <- offer
	case <-ctx.Done():
		t.Fatal("the caller is lost with the agent")
	}
	accept(next)
	if err := leg.Hangup(ctx, "done"); err != nil {
		t.Fatal(err)
	}
	events, err := r.events(leg.Call().CallID)
	if err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(events, func(e hotline.Event) bool {
		s, ok := e.Body.(hotline.Said)
		return ok && s.Prompt == "lost"
	})
	if !told {
		t.Error("the caller was not told that the line broke")
	}
}
