package webrtc

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/media/codecs"
)

// name makes the browser restart ICE with the address of another, and returns when a check of ours has gone there.
func (b *browser) name(l *Leg, another netip.AddrPort) {
	b.t.Helper()
	res, text := b.patch(fmt.Sprintf("a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=candidate:1 1 udp 2130706431 %s %d typ host\r\n",
		rand.Text()[:8], rand.Text(), another.Addr(), another.Port()), "*")
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("restart answered %d: %s", res.StatusCode, text)
	}
	p := l.current()
	eventually(b.t, "a check goes to the address", func() bool {
		for _, pair := range p.agent.GetCandidatePairsStats() {
			if pair.RequestsSent > 0 {
				return true
			}
		}
		return false
	})
}

func TestNamingTheAddressOfAnotherTakesNothingFromIt(t *testing.T) {
	for name, times := range map[string]struct{ before, during int }{
		"before it calls":                   {before: 1},
		"while it talks":                    {during: 1},
		"while it talks, and letting it go": {during: 2}, // a restart ends the path of the one before
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, nil)
			thief := launch(t, g, codecs.NamePCMA).call()
			own, _ := g.leg(t)
			victim := launch(t, g, codecs.NamePCMA)
			for range times.before {
				thief.name(own, victim.socket.address())
			}
			offer := victim.offer(nil)
			victim.post(strings.Replace(offer, grep(offer, "a=candidate"), "", 1)) // a browser tells no address; its checks do
			l, ear := g.leg(t)
			ear.hears(t, "the victim's")
			for range times.during {
				thief.name(own, victim.socket.address())
			}
			ear.hears(t, "the victim's")
			victim.ear.hears(t, "our")
			before := l.wire.path.Load()
			victim.restart()
			eventually(t, "the victim's restart comes through", func() bool { return l.wire.path.Load() != before })
			wait(t, "its old path ends", before.ctx.Done())
			ear.hears(t, "the victim's")
			victim.ear.hears(t, "our")
			if l.Remote() != victim.socket.address() {
				t.Errorf("the sound goes to %v, the victim is at %v", l.Remote(), victim.socket.address())
			}
		})
	}
}

// A caller knows the password of its own call. Each port it sends a check from would be one more candidate.
func TestChecksFromManyPortsMakeFewCandidates(t *testing.T) {
	const most, ports = 8, 40
	g := start(t, func(c *Config) { c.Limits.Candidates = most })
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	p := l.wire.path.Load()
	for range ports {
		g.stranger(t).send(check(t, p.ours.ufrag+":"+p.theirs.ufrag, p.ours.pwd))
	}
	eventually(t, "most are refused", func() bool { return g.Stats().Excess >= ports-most })
	candidates, err := p.agent.GetRemoteCandidates()
	if err != nil || len(candidates) > most {
		t.Errorf("%d ports made %d candidates: %v", ports, len(candidates), err)
	}
	b.restart()
	eventually(t, "a restart comes through", func() bool { return l.wire.path.Load() != p })
	wait(t, "the old path ends", p.ctx.Done())
	ear.hears(t, "the browser's")
	b.ear.hears(t, "our")
}

// What a port remembers of a path goes with it.
func TestAPortForgetsPathsThatHaveEnded(t *testing.T) {
	g := start(t, nil)
	b := launch(t, g, codecs.NamePCMA).call()
	l, ear := g.leg(t)
	ear.hears(t, "the browser's")
	b.restart()
	ear.hears(t, "the browser's")
	if err := l.Hangup(within(t), ""); err != nil {
		t.Fatal(err)
	}
	p := g.listeners.udp[0]
	eventually(t, "the port knows nobody", func() bool {
		p.mu.RLock()
		defer p.mu.RUnlock()
		return len(p.shares)+len(p.asked)+len(p.heard) == 0
	})
}
