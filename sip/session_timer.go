package sip

import (
	"context"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// interval is what was agreed on for the session to be refreshed (RFC 4028).
type interval struct {
	expires time.Duration // 0 is for ever
	ours    bool          // we refresh, the peer otherwise
}

// sessionTimer is the interval in force.
type sessionTimer struct {
	interval
	changed chan struct{} // holds one; nil before keepAlive
}

// told reads the Session-Expires of a message: the interval, and who refreshes.
func told(m header) (expires time.Duration, refresher string) {
	value, params, _ := strings.Cut(text(m, "Session-Expires", "x"), ";")
	expires = seconds(value)
	for p := range strings.SplitSeq(params, ";") {
		if name, v, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(strings.TrimSpace(name), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return expires, refresher
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

func formatSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// sessionInterval decides on the interval of an INVITE or UPDATE of the peer. One too short has been
// refused then (RFC 4028 section 9).
func (e *Endpoint) sessionInterval(req *gosip.Request, tx *gosip.ServerTx) (interval, bool) {
	expires, refresher := told(req)
	timer := lists(req, "timer", "Supported", "Require")
	least := e.cfg.MinSessionExpires
	switch {
	case expires > 0 && expires < least && timer:
		e.refuse(tx, req, statusIntervalTooSmall, gosip.NewHeader("Min-SE", formatSeconds(least)))
		return interval{}, false
	case expires == 0:
		expires = max(e.cfg.SessionExpires, seconds(text(req, "Min-SE")))
	case expires < least:
		expires = least
	}
	// The peer refreshes when it can and does not ask us to; we do it otherwise.
	return interval{expires, !timer || refresher == "uas"}, true
}

// announce puts the interval into a 200.
func (i interval) announce(res *gosip.Response, req *gosip.Request) {
	refresher := "uac"
	if i.ours {
		refresher = "uas"
	}
	set(res, "Session-Expires", formatSeconds(i.expires)+";refresher="+refresher)
	if lists(req, "timer", "Supported", "Require") {
		set(res, "Require", "timer")
	}
}

// propose puts the interval we want into a request.
func (l *Leg) propose(req *gosip.Request, least time.Duration) {
	expires := max(l.e.cfg.SessionExpires, least)
	l.mu.Lock()
	i := l.timer.interval
	l.mu.Unlock()
	value := formatSeconds(expires)
	if i.expires > 0 {
		value = formatSeconds(max(i.expires, least)) + ";refresher=uac"
		if !i.ours {
			value = formatSeconds(max(i.expires, least)) + ";refresher=uas"
		}
	}
	set(req, "Session-Expires", value)
	if least = max(least, l.e.cfg.MinSessionExpires); least > 90*time.Second {
		set(req, "Min-SE", formatSeconds(least))
	}
}

// granted reads what a peer's 200 to a request of ours says.
func granted(res *gosip.Response) interval {
	expires, refresher := told(res)
	return interval{expires, refresher != "uas"}
}

// keepAlive puts an interval in force and begins to watch over it.
func (l *Leg) keepAlive(i interval) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer.interval = i
	if l.timer.changed != nil {
		select {
		case l.timer.changed <- struct{}{}:
		default:
		}
		return
	}
	if i.expires == 0 {
		return
	}
	l.timer.changed = make(chan struct{}, 1)
	l.e.tasks.run(l.watch)
}

// watch refreshes the session at half of its interval, or hangs up when the peer has not done so by
// its end (RFC 4028 section 10).
func (l *Leg) watch() {
	for {
		l.mu.Lock()
		i := l.timer.interval
		l.mu.Unlock()
		var due <-chan time.Time // never
		switch {
		case i.expires == 0:
		case i.ours:
			due = l.e.clock.After(i.expires / 2)
		default:
			due = l.e.clock.After(i.expires - min(32*time.Second, i.expires/3))
		}
		select {
		case <-l.ctx.Done():
			return
		case <-l.timer.changed:
			continue
		case <-due:
		}
		if !i.ours {
			l.hangup(l.e.running, Ending{By: "network", Reason: "session expired"})
			return
		}
		if err := l.refreshSession(); err != nil {
			if l.ctx.Err() == nil {
				l.hangup(l.e.running, Ending{By: "network", Reason: "session not refreshed: " + err.Error()})
			}
			return
		}
		select {
		case <-l.timer.changed: // by the refresh itself
		default:
		}
	}
}

// refreshSession keeps the session for another interval: by UPDATE when the peer takes it, else by
// re-INVITE with the description it knows.
func (l *Leg) refreshSession() error {
	l.mu.Lock()
	updates, i := l.dialog.updates, l.timer.interval
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.ctx, max(i.expires/2-time.Second, time.Second))
	defer cancel()
	if !updates {
		return l.reoffer(ctx, nil)
	}
	least := time.Duration(0)
	for range 2 {
		res, err := l.ask(ctx, gosip.UPDATE, func(req *gosip.Request) { l.propose(req, least) })
		switch {
		case err != nil:
			return err
		case res.IsSuccess():
			l.keepAlive(granted(res))
			return nil
		case res.StatusCode == statusIntervalTooSmall:
			least = seconds(text(res, "Min-SE"))
		case res.StatusCode == gosip.StatusRequestPending, res.StatusCode == gosip.StatusInternalServerError:
			return l.reoffer(ctx, nil) // an offer is under way; this one waits for its turn
		default:
			return refusal("refresh session", res)
		}
	}
	return hotline.Errorf("refresh session", hotline.CodeUnsupported, "no interval suits the peer")
}
