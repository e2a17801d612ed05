package sip

import (
	"strconv"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

func TestSessionTimerIsAgreedOn(t *testing.T) {
	e := start(t, nil)
	tests := []struct {
		name string
		head []string
		want string
	}{
		{"caller refreshes", []string{"Supported: timer", "Session-Expires: 120"}, "120;refresher=uac"},
		{"caller asks us to refresh", []string{"Supported: timer", "Session-Expires: 120;refresher=uas"}, "120;refresher=uas"},
		{"caller has no timer", nil, "1800;refresher=uas"},
		{"caller wants none but could", []string{"k: timer"}, "1800;refresher=uac"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, id := newWire(t, e), strconv.Itoa(i)
			w.request("INVITE", id, 1, "", g711, test.head...)
			res := w.status(200)
			if got := text(res, "Session-Expires"); got != test.want {
				t.Errorf("Session-Expires is %q, want %q", got, test.want)
			}
			if got, want := lists(res, "timer", "Require"), test.head != nil; got != want {
				t.Errorf("Require: timer is %v, want %v", got, want)
			}
			w.request("ACK", id, 1, toTag(res), "")
			w.request("BYE", id, 2, toTag(res), "")
			w.status(200)
		})
	}
}

func TestSessionExpires(t *testing.T) {
	c := newClock()
	legs := make(chan *Leg, 1)
	e := start(t, func(cfg *Config) { cfg.Clock, cfg.Answer = c, answering(legs) })
	w := newWire(t, e)
	tag := w.call("e", "Supported: timer", "Session-Expires: 90;refresher=uac")
	l := <-legs
	c.advance(t, 59*time.Second)
	w.request("UPDATE", "e", 2, tag, "", "Supported: timer", "Session-Expires: 90;refresher=uac")
	w.status(200)
	c.advance(t, 59*time.Second) // of the 60 since the refresh
	w.quiet(3 * gosip.T1)
	c.mu.Lock()
	waits := len(c.alarms)
	c.mu.Unlock()
	if waits == 0 {
		t.Fatal("nobody watches the session any more")
	}
	c.set <- struct{}{}
	c.advance(t, time.Second)
	w.reply(w.asked(gosip.BYE), 200, "", "")
	await(t, "end", l.Done())
	if end := l.Ending(); end.By != "network" || end.Reason != "session expired" {
		t.Errorf("ended %+v", end)
	}
}

func TestSessionIsRefreshed(t *testing.T) {
	for _, by := range []gosip.RequestMethod{gosip.UPDATE, gosip.INVITE} {
		t.Run(string(by), func(t *testing.T) {
			c := newClock()
			legs := make(chan *Leg, 1)
			e := start(t, func(cfg *Config) { cfg.Clock, cfg.Answer = c, answering(legs) })
			w := newWire(t, e)
			allow := "Allow: INVITE, ACK, BYE"
			if by == gosip.UPDATE {
				allow += ", UPDATE"
			}
			w.call("f", allow, "Session-Expires: 90;refresher=uas", "Supported: timer")
			l := <-legs
			for range 2 {
				c.advance(t, 45*time.Second)
				refresh := w.asked(by)
				if got := text(refresh, "Session-Expires"); got != "90;refresher=uac" {
					t.Errorf("Session-Expires is %q", got)
				}
				body := ""
				if by == gosip.INVITE {
					body = g711
					if !strings.Contains(string(refresh.Body()), "m=audio") {
						t.Errorf("no session description in\n%s", refresh)
					}
				}
				w.reply(refresh, 200, "", body, "Session-Expires: 90;refresher=uac", "Require: timer")
				if by == gosip.INVITE {
					w.asked(gosip.ACK)
				}
			}
			c.advance(t, 45*time.Second)
			w.reply(w.asked(by), 481, "", "")
			if by == gosip.INVITE {
				w.asked(gosip.ACK)
			}
			if by == gosip.UPDATE { // the answer says that there is no call, yet a BYE hurts nobody
				w.reply(w.asked(gosip.BYE), 481, "", "")
			}
			await(t, "end", l.Done())
			if end := l.Ending(); end.By != "network" {
				t.Errorf("ended %+v", end)
			}
		})
	}
}

func TestShortIntervalOfOursIsRaised(t *testing.T) {
	c := newClock()
	e := start(t, func(cfg *Config) { cfg.Clock, cfg.SessionExpires = c, 90*time.Second })
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	if got := text(invite, "Session-Expires"); got != "90" {
		t.Errorf("Session-Expires is %q", got)
	}
	w.reply(invite, 422, "there", "", "Min-SE: 600")
	w.asked(gosip.ACK)
	invite = w.asked(gosip.INVITE)
	if got := text(invite, "Session-Expires") + " " + text(invite, "Min-SE"); got != "600 600" {
		t.Errorf("Session-Expires and Min-SE are %q", got)
	}
	w.reply(invite, 200, "there", g711, "Session-Expires: 600;refresher=uac")
	w.asked(gosip.ACK)
	l := (<-call).leg
	w.inDialog(invite, "BYE", 1, "there", "")
	w.status(200)
	await(t, "end", l.Done())
}
